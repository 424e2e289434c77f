#: problem: total
#: expect: passed
import atexit
import sys
answer = sum(map(int, sys.stdin.read().split()))
atexit.register(lambda: print(answer))
