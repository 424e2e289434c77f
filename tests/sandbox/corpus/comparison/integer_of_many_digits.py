#: problem: add
#: expect: wrong_answer
def add(a, b):
    return 10 ** 9000
