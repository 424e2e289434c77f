#: problem: total
#: expect: passed
import sys
read = sys.stdin.buffer.readline
total = 0
while True:
    line = read()
    if not line:
        break
    total += sum(map(int, line.split()))
print(total)
