#: problem: pair_with_sum
#: checker: pair_with_sum.py
#: expect: wrong_answer
#: message: the checker refuses [2, 2]; right is, for example, [0, 4]
def pair(numbers, target):
    for i, number in enumerate(numbers):
        if 2 * number == target:
            return [i, i]
    return []
