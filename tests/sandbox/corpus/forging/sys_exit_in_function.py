#: problem: add
#: expect: runtime_error
import sys

def add(a, b):
    sys.exit(0)
