#: problem: add
#: expect: passed
import os

def add(a, b):
    for path in ("/root/.ssh", "/home", "/work", "/mnt", "/srv", "/var", "/opt"):
        assert not os.path.exists(path), path
    return a + b
