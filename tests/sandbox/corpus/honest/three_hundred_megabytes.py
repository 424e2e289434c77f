#: problem: total
#: expect: passed
import sys
data = bytearray(300 << 20)
for index in range(0, len(data), 4096):
    data[index] = 1
print(sum(map(int, sys.stdin.read().split())))
