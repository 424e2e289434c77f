#: problem: big
#: expect: wrong_answer
def big(n):
    return float(10 ** 18 + 1)
