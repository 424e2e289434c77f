#: problem: in_place
#: expect: passed
class Solution:
    def sort(self, numbers):
        numbers.sort()
        return "ignored"
