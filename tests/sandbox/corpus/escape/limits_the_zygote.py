#: problem: add
#: expect: passed
import resource

def add(a, b):
    try:
        resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))
    except OSError:
        return a + b
