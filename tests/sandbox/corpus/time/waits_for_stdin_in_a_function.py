#: problem: add
#: expect: runtime_error
#: message: EOFError
def add(a, b):
    return int(input()) + a + b
