#: problem: add
#: expect: timeout
while True:
    pass
