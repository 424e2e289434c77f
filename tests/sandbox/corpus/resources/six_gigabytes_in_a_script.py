#: problem: total
#: expect: memory_limit
data = bytearray(6 << 30)
print(len(data))
