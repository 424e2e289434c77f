#: problem: add
#: expect: passed
import os
assert os.stat("/tmp").st_mtime > 1e9

def add(a, b):
    os.utime("/tmp", (0, 0))
    return a + b
