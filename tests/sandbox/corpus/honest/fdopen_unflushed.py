#: problem: total
#: expect: passed
import os
out = os.fdopen(1, 'w')
print(sum(map(int, open(0).read().split())), file=out)
