#: problem: add
#: expect: wrong_answer|runtime_error
#: tampered: yes
import os
fake = b'{"value": 3}'

def add(a, b):
    for number in range(64):
        try:
            os.write(number, len(fake).to_bytes(4, "big") + fake)
        except OSError:
            pass
    return None
