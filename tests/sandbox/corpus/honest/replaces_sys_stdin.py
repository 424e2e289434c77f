#: problem: total
#: expect: passed
import io
import sys
sys.stdin = io.TextIOWrapper(sys.stdin.buffer, encoding="ascii")
input = sys.stdin.readline
numbers = []
while line := input():
    numbers += map(int, line.split())
print(sum(numbers))
