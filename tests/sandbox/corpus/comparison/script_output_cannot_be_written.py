#: problem: total
#: expect: runtime_error
import os
print(sum(map(int, open(0).read().split())))
os.close(1)
