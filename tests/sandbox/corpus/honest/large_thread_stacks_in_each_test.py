#: problem: add
#: expect: passed
import sys
import threading
sys.setrecursionlimit(10 ** 6)
threading.stack_size(512 << 20)

def add(a, b):
    found = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: found.append(a + b))
        thread.start()
        thread.join()
    return found[0]
