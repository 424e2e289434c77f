#: problem: add
#: expect: wrong_answer|runtime_error
import sys

def add(a, b):
    frame = sys._getframe()
    while frame is not None:
        for name, value in frame.f_locals.items():
            if "expect" in name:
                return value
        frame = frame.f_back
    return None
