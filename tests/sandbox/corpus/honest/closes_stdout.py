#: problem: total
#: expect: passed
import sys
print(sum(map(int, sys.stdin.read().split())))
sys.stdout.close()
