#: problem: total
#: expect: passed
import sys
with sys.stdout as out:
    out.write(str(sum(map(int, open(0).read().split()))))
