#: problem: add
#: expect: wrong_answer
import numpy as np

class Number(np.float64):
    def __eq__(self, other):
        return True

def add(a, b):
    return Number(1.5)
