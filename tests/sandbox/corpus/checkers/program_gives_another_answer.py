#: problem: different_string
#: checker: different_string.py
#: expect: passed
for _ in range(int(input())):
    s = input()
    r = "".join(sorted(s))
    if r == s:
        r = r[::-1]
    print("yes\n" + r if r != s else "No")
