#: problem: big
#: expect: wrong_answer
def big(n):
    return 10 ** 18
