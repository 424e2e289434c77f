#: problem: total
#: expect: passed
import sys
words = sys.stdin.read().split()
print(" " * 3_000_000 + str(sum(map(int, words))))
