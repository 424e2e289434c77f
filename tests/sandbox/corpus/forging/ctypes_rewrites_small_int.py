#: problem: add
#: expect: wrong_answer|runtime_error
import ctypes

def add(a, b):
    # Make the interpreter's cached 0 look like 3 to anyone in this process.
    ctypes.memmove(id(0) + 24, id(3) + 24, 4)
    return 0
