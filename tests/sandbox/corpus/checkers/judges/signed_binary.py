#!/usr/bin/env python3
# A checker of Codeforces 1977B, "Binary Colouring": it ends by exit and gives its verdict in words
# to stderr, as many do.
import sys
from collections import deque


def fail(why):
    print(why, file=sys.stderr)
    print(0)
    sys.exit(0)


with open(sys.argv[1], "r") as f:
    numbers = list(map(int, f.read().split()))[1:]
with open(sys.argv[3], "r") as f:
    tokens = deque(f.read().split())
try:
    for number in numbers:
        n = int(tokens.popleft())
        if not 1 <= n <= 32:
            fail("length out of range")
        digits = [int(tokens.popleft()) for _ in range(n)]
        if any(digit not in (-1, 0, 1) for digit in digits):
            fail("not a digit")
        if any(one and other for one, other in zip(digits, digits[1:])):
            fail("neighbours")
        if sum(digit << place for place, digit in enumerate(digits)) != number:
            fail("another number")
except (IndexError, ValueError):
    fail("not understood")
if tokens:
    fail("something is left")
print(1)
