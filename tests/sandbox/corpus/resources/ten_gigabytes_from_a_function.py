#: problem: add
#: expect: output_limit
import sys

def add(a, b):
    line = "x" * 1_000_000
    for _ in range(10_000):
        sys.stdout.write(line)
    return a + b
