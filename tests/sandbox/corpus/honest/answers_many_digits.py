#: problem: power
#: expect: passed
def power(n):
    return int(str(10 ** n))
