#: problem: add
#: expect: runtime_error
#: message: No space left
import os

def add(a, b):
    for number in range(10):
        with open(f"/tmp/{number}", "wb") as file:
            for _ in range(30):
                file.write(bytes(1 << 20))
