#: problem: add
#: expect: timeout
def add(a, b):
    return (7 ** (10 ** 9)) * 0 + a + b
