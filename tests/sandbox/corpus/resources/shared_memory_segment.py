#: problem: add
#: expect: runtime_error
#: message: refused
import ctypes
libc = ctypes.CDLL(None, use_errno=True)

def add(a, b):
    if libc.shmget(0, 1 << 30, 0o1600) < 0 and libc.memfd_create(b"x", 0) < 0:
        raise PermissionError("refused")
    return a + b
