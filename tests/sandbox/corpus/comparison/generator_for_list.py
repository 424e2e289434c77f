#: problem: pair
#: expect: wrong_answer
def pair(a, b):
    yield a
    yield b
