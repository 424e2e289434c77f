#: problem: add
#: expect: passed
import ctypes
libc = ctypes.CDLL(None)

def add(a, b):
    assert libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0) < 0
    assert libc.syscall(435, 0, 0) < 0
    return a + b
