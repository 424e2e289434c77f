#: problem: pair
#: expect: wrong_answer
def pair(a, b):
    return {a, b}
