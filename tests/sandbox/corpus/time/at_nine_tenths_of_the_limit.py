#: problem: add
#: expect: passed
#: seconds: 0.5
import time

def add(a, b):
    while time.process_time() % 1000 < 0.45 * 0.9:
        pass
    return a + b
