#: problem: subsets
#: expect: wrong_answer
def subsets(numbers):
    return [[]] * 2 ** len(numbers)
