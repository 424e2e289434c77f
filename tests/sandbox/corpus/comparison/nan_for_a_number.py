#: problem: mean
#: expect: wrong_answer
def mean(numbers):
    return float("nan")
