#: problem: total
#: expect: passed
import sys
for _ in range(10):
    sys.stderr.write("debug\n" * 175_000)
print(sum(map(int, sys.stdin.read().split())))
