#: problem: total
#: expect: passed
import os
import sys
print(sum(map(int, sys.stdin.read().split())), flush=True)
os._exit(0)
