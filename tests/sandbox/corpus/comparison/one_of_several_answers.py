#: problem: either
#: expect: passed
def either(n):
    return [2, 1]
