#: problem: different_string
#: checker: different_string.py
#: expect: wrong_answer
#: message: the checker refuses
for _ in range(int(input())):
    s = input()
    print("YES\n" + s if len(set(s)) > 1 else "NO")
