#: problem: add
#: expect: passed
import os
assert os.listdir("/tmp") == []

def add(a, b):
    name = f"/tmp/{a}{b}"
    open(name, "w").close()
    os.link(name, name + "linked")
    os.symlink("/", name + "root")
    os.mkfifo(name + "queue")
    os.chmod(name, 0)
    return a + b
