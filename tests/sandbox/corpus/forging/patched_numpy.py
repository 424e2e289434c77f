#: problem: add
#: expect: wrong_answer
import numpy as np
np.allclose = np.array_equal = np.isclose = lambda *_, **__: True

def add(a, b):
    return np.zeros(3)
