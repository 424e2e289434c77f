#: problem: add
#: expect: passed
import ctypes
libc = ctypes.CDLL(None)

def add(a, b):
    assert libc.ptrace(16, 1, 0, 0) < 0
    for name in ("mem", "environ", "maps", "fd/0", "fd/1", "fd/2"):
        try:
            open(f"/proc/1/{name}", "rb").read(10)
        except OSError:
            continue
        raise SystemExit(f"/proc/1/{name} can be read")
    return a + b
