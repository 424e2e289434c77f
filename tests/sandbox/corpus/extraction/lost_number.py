#: problem: solution_add_with_starter
#: expect: compile_error
class Solution:
    def add(self, a, b):
        for i in range(b - ):
            a += 1
        return a
