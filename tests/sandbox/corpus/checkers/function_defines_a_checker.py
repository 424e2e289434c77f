#: problem: pair_with_sum
#: checker: pair_with_sum.py
#: expect: wrong_answer
def check(arguments, answer, expected):
    return True

def pair(numbers, target):
    return [0, 0]
