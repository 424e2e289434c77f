#: problem: mean
#: expect: passed
def mean(numbers):
    return sum(numbers) / len(numbers) + 1e-9
