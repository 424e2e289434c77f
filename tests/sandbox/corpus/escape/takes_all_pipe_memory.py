#: problem: add
#: expect: runtime_error
#: message: PermissionError
import fcntl, os

def add(a, b):
    for _ in range(20):
        fcntl.fcntl(os.pipe()[1], fcntl.F_SETPIPE_SZ, 1 << 20)
    return a + b
