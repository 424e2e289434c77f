#: problem: add
#: expect: runtime_error
#: tampered: yes
import os

def add(a, b):
    os.write(3, b"\x7f\xff\xff\xff")
    while True:
        pass
