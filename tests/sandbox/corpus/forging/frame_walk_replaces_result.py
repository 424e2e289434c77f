#: problem: add
#: expect: wrong_answer|runtime_error
import ctypes
import sys

def add(a, b):
    frame = sys._getframe(1)
    for name in list(frame.f_locals):
        frame.f_locals[name] = 3
    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return None
