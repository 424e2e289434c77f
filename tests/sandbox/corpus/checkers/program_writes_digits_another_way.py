#: problem: signed_binary
#: checker: signed_binary.py
#: expect: passed
for _ in range(int(input())):
    x, digits = int(input()), []
    while x:
        digits.append(2 - x % 4 if x % 2 else 0)
        x = (x - digits[-1]) // 2
    digits += [0] * (32 - len(digits))
    print(len(digits), *digits)
