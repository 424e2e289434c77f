#: problem: add
#: expect: passed
 def add(a, b):
    return a + b
