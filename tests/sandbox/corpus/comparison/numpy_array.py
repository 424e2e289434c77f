#: problem: pair
#: expect: passed
import numpy as np

def pair(a, b):
    return np.array([a, b])
