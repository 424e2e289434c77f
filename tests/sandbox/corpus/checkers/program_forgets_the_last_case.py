#: problem: different_string
#: checker: different_string.py
#: expect: wrong_answer
for _ in range(int(input()) - 1):
    s = input()
    r = s[1:] + s[0]
    print("YES\n" + r if r != s else "NO")
