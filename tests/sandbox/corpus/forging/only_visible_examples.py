#: problem: add
#: expect: wrong_answer
def add(a, b):
    return {(1, 2): 3}.get((a, b))
