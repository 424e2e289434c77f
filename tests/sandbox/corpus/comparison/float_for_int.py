#: problem: add
#: expect: passed
def add(a, b):
    return float(a + b)
