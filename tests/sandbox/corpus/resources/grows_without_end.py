#: problem: add
#: expect: memory_limit
def add(a, b):
    hoard = []
    while True:
        hoard.append(bytearray(8 << 20))
