#: problem: add
#: expect: output_limit
def add(a, b):
    return [0] * (30 << 20)
