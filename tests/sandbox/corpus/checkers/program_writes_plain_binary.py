#: problem: signed_binary
#: checker: signed_binary.py
#: expect: wrong_answer
for _ in range(int(input())):
    digits = bin(int(input()))[:1:-1]
    print(len(digits))
    print(*digits)
