#: problem: pair_with_sum
#: checker: pair_with_sum.py
#: expect: wrong_answer
def pair(numbers, target):
    return True
