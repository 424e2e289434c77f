#: problem: mean_script
#: expect: passed
import sys
numbers = list(map(float, sys.stdin.read().split()))
print("%.3f" % (sum(numbers) / len(numbers) + 1e-9))
