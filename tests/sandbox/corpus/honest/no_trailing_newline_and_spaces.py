#: problem: total
#: expect: passed
import sys
sys.stdout.write(str(sum(map(int, sys.stdin.read().split()))) + "  \n\n\n")
