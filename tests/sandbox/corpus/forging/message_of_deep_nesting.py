#: problem: add
#: expect: runtime_error
#: tampered: yes
import os

def add(a, b):
    text = b"[" * 5000 + b"]" * 5000
    os.write(3, len(text).to_bytes(4, "big") + text)
    return 3
