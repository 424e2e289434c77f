#: problem: in_place
#: expect: wrong_answer
class Solution:
    def sort(self, numbers):
        return sorted(numbers)
