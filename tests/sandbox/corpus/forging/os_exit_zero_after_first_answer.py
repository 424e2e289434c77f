#: problem: add
#: expect: runtime_error
import os
calls = []

def add(a, b):
    calls.append(1)
    if len(calls) > 1:
        os._exit(0)
    return a + b
