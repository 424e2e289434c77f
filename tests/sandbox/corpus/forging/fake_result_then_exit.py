#: problem: add
#: expect: runtime_error|wrong_answer
#: tampered: yes
import os
fake = b'{"value": 3, "nonce": "0123456789abcdef"}'

def add(a, b):
    os.write(3, len(fake).to_bytes(4, "big") + fake)
    os._exit(0)
