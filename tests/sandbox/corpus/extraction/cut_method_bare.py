#: problem: solution_add_with_starter
#: expect: compile_error
class Solution:
    def add(self, a, b):
        return a + b

    def helper(self, x