#: problem: add
#: expect: output_limit
def add(a, b):
    return {"sum": [a + b, "x" * (40 << 20)]}
