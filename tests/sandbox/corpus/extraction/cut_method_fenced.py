#: problem: solution_add
#: expect: compile_error
```python
class Solution:
    def add(self, a, b):
        return a + b

    def helper(self, x