#: problem: add
#: expect: passed
list = [1, 2, 3]
sum = 0
type = "number"

def add(a, b):
    global sum
    sum = a + b
    return sum
