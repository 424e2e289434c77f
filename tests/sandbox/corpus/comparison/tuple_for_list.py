#: problem: pair
#: expect: passed
def pair(a, b):
    return (a, b)
