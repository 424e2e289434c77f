#: problem: total
#: expect: passed
import os
data = b""
while block := os.read(0, 1 << 16):
    data += block
os.write(1, str(sum(map(int, data.split()))).encode() + b"\n")
