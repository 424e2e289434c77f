#: problem: add
#: expect: timeout|runtime_error|passed
import ctypes
libc = ctypes.CDLL(None)

def add(a, b):
    for _ in range(100):
        libc.fork()
    return a + b
