#: problem: add_by_check
#: expect: runtime_error
import os

def add(a, b):
    os._exit(0)
