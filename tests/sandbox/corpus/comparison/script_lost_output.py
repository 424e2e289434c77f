#: problem: total
#: expect: wrong_answer
import os
print(sum(map(int, open(0).read().split())))
os._exit(0)
