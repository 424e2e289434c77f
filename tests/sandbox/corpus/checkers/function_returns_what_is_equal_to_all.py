#: problem: pair_with_sum
#: checker: pair_with_sum.py
#: expect: wrong_answer
class All(list):
    def __eq__(self, other):
        return True

    def __len__(self):
        return 2

def pair(numbers, target):
    return All()
