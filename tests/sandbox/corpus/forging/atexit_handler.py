#: problem: add
#: expect: wrong_answer
import atexit
import os
atexit.register(os._exit, 0)

def add(a, b):
    return None
