#: problem: total
#: expect: passed
import os
import sys
sys.path.append(os.path.dirname(os.path.abspath(__file__)))
print(sum(map(int, sys.stdin.read().split())))
