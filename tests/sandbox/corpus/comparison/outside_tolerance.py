#: problem: mean
#: expect: wrong_answer
def mean(numbers):
    return sum(numbers) / len(numbers) + 1e-3
