#: problem: total
#: expect: passed
from multiprocessing.pool import ThreadPool
with ThreadPool(4) as pool:
    print(sum(pool.map(int, open(0).read().split())))
