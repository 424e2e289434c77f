#: problem: add
#: expect: runtime_error
#: message: no other processes
import os
import time
if os.fork() == 0:
    os.setsid()
    time.sleep(1000)

def add(a, b):
    return a + b
