#: problem: signed_binary
#: checker: signed_binary.py
#: expect: output_limit
block = "1 " * (1 << 20)
for _ in range(512):
    print(block)
