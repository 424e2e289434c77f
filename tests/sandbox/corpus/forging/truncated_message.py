#: problem: add
#: expect: runtime_error
#: tampered: yes
import os

def add(a, b):
    os.write(3, b"\x00\x00\x01\x00half")
    os._exit(0)
