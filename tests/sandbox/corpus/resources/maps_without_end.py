#: problem: add
#: expect: memory_limit
import mmap

def add(a, b):
    hoard = []
    while True:
        hoard.append(mmap.mmap(-1, 8 << 20))
