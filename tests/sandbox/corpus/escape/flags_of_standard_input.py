#: problem: add
#: expect: passed
import fcntl, os
assert fcntl.fcntl(0, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND) == 0
fcntl.flock(0, fcntl.LOCK_SH | fcntl.LOCK_NB)

def add(a, b):
    fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
    return a + b
