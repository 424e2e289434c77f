#: problem: add
#: expect: runtime_error
#: message: No space left
import os

def add(a, b):
    for number in range(100_000):
        os.close(os.open(f"/tmp/{number}", os.O_CREAT))
    return a + b
