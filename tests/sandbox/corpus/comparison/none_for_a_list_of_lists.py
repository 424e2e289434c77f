#: problem: split_list
#: expect: wrong_answer
class Solution:
    def split(self, head, k):
        return None
