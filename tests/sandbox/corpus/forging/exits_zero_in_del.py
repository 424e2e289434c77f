#: problem: add
#: expect: wrong_answer
import os
class Leave:
    def __del__(self):
        os._exit(0)
leave = Leave()
def add(a, b):
    return a - b
