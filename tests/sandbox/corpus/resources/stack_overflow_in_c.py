#: problem: add
#: expect: runtime_error|memory_limit|timeout
import sys
sys.setrecursionlimit(10 ** 9)

class A:
    def __getattr__(self, name):
        return getattr(self, name + "x")

def add(a, b):
    return repr(A()) and A().y
