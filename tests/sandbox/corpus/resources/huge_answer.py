#: problem: add
#: expect: output_limit
def add(a, b):
    return "x" * (40 << 20)
