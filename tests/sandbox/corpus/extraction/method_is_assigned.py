#: problem: solution_add_with_starter
#: expect: passed
```python
class Solution:
    def plus(self, a, b):
        return a + b

    add = plus
```
