#: problem: add
#: expect: runtime_error
def add(a, b):
    raise ValueError("x" * 10_000_000)
