#: problem: total
#: expect: passed
import io
import sys
print(sum(map(int, sys.stdin.read().split())))
sys.stdout = io.StringIO()
print('debugging')
