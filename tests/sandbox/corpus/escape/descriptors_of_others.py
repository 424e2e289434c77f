#: problem: add
#: expect: passed
import os

def add(a, b):
    open_ones = []
    for number in range(64):
        try:
            os.fstat(number)
        except OSError:
            continue
        open_ones.append(number)
    assert open_ones == [0, 1, 2, 3], open_ones
    return a + b
