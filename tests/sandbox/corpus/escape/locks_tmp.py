#: problem: add
#: expect: passed
import os
assert os.stat("/tmp").st_mode & 0o7777 == 0o1777

def add(a, b):
    os.chmod("/tmp", 0o555)
    return a + b
