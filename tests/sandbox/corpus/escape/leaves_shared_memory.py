#: problem: add
#: expect: passed
import os
assert os.listdir("/dev/shm") == []

def add(a, b):
    with open(f"/dev/shm/{a}{b}", "wb") as file:
        file.write(bytes(1 << 20))
    os.chmod("/dev/shm", 0o500)
    os.chmod("/dev/shm", 0o1777)
    return a + b
