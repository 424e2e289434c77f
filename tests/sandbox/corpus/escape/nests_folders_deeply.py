#: problem: add
#: expect: passed
import os
assert os.listdir("/tmp") == []

def add(a, b):
    for _ in range(700):
        os.mkdir("d")
        os.chdir("d")
    open("note", "w").close()
    return a + b
