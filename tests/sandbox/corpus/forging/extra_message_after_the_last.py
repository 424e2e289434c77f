#: problem: add
#: expect: runtime_error
#: tampered: yes
import os
import sys

class Stream:
    def flush(self):
        os.write(3, b"\x00\x00\x00\x02{}")

sys.stdout = Stream()

def add(a, b):
    return a + b
