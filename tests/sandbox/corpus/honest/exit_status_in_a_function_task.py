#: problem: solution_add
#: expect: passed
import sys
class Solution:
    def add(self, a, b):
        return a + b

def main():
    assert Solution().add(1, 2) == 3
    return 0

sys.exit(main())
