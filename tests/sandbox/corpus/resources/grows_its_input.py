#: problem: total
#: expect: passed
# Pages of the input are in nobody's allowance: the file keeps its size.
import os, sys
numbers = list(map(int, sys.stdin.read().split()))
refused = 0
for change in (lambda: os.ftruncate(0, 1 << 16), lambda: os.pwrite(0, b"1", 1 << 16), lambda: os.ftruncate(0, 0)):
    try:
        change()
    except OSError:
        refused += 1
print(sum(numbers) if refused == 3 else "the input's size changed")
