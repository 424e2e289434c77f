#: problem: add
#: expect: passed
from functools import cache

@cache
def count(n):
    return 0 if n == 0 else 1 + count(n - 1)

def add(a, b):
    assert count(900) == 900 and count(50_000) == 50_000
    return a + b
