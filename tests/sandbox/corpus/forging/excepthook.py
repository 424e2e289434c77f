#: problem: add
#: expect: runtime_error
import sys
sys.excepthook = lambda *_: print("passed")

def add(a, b):
    raise ValueError("hidden")
