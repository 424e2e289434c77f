#: problem: add
#: expect: runtime_error
#: message: Read-only file system|Permission denied
import os
import string

def add(a, b):
    with open(string.__file__, "a") as file:
        file.write("evil = 1")
    return a + b
