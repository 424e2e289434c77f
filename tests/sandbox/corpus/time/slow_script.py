#: problem: total
#: expect: timeout
while True:
    pass
