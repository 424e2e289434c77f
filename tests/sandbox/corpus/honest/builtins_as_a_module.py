#: problem: total
#: expect: passed
import sys
__builtins__.print(sum(map(int, sys.stdin.read().split())))
