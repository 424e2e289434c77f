#: problem: solution_add_with_starter
#: expect: passed
```python
class Solution:
    def add(self, a, b):
        return a + b

This method adds the two numbers and returns their sum.
