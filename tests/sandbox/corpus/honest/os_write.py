#: problem: total
#: expect: passed
import os
import sys
os.write(1, str(sum(map(int, sys.stdin.read().split()))).encode())
