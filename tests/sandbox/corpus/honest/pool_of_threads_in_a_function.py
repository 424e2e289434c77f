#: problem: add
#: expect: passed
from multiprocessing.pool import ThreadPool

def add(a, b):
    with ThreadPool(2) as pool:
        return sum(pool.map(int, [a, b]))
