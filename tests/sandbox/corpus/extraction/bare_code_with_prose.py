#: problem: add
#: expect: passed
The function adds the numbers.

def add(a, b):
    return a + b

This is correct because addition is commutative.
