#: problem: total
#: expect: wrong_answer
import sys
print("Answer:", sum(map(int, sys.stdin.read().split())))
