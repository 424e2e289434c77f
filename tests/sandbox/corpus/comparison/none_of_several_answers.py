#: problem: either
#: expect: wrong_answer
def either(n):
    return [2, 2]
