#: problem: total
#: expect: output_limit
line = "x" * 1_000_000
while True:
    print(line)
