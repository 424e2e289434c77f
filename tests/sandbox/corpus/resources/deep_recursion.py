#: problem: add
#: expect: runtime_error
#: message: RecursionError
def add(a, b):
    return add(a, b)
