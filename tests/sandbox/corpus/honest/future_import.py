#: problem: total
#: expect: passed
from __future__ import annotations
import sys

def total(numbers: list[Undefined]) -> Undefined:
    return sum(numbers)

print(total([int(word) for word in sys.stdin.read().split()]))
