#: problem: total
#: expect: runtime_error
import sys
print(sum(map(int, sys.stdin.read().split())))
sys.exit('done')
