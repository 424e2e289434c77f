#: problem: digits
#: expect: passed
print(10 ** int(input()))
