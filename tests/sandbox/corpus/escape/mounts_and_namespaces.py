#: problem: add
#: expect: passed
import ctypes
libc = ctypes.CDLL(None)

def add(a, b):
    assert libc.unshare(0x10000000) < 0
    assert libc.mount(b"none", b"/tmp", b"tmpfs", 0, None) < 0
    assert libc.chroot(b"/tmp") < 0
    return a + b
