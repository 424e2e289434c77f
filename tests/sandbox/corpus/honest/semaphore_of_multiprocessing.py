#: problem: add
#: expect: passed
import multiprocessing

def add(a, b):
    with multiprocessing.Lock():
        return a + b
