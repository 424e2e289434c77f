#: problem: add
#: expect: timeout
def add(a, b):
    while True:
        pass
