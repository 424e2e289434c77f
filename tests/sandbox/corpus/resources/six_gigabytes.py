#: problem: add
#: expect: memory_limit
def add(a, b):
    return len(bytearray(6 << 30)) + a + b
