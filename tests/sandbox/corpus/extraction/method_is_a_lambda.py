#: problem: solution_add_with_starter
#: expect: passed
```python
class Solution:
    add = lambda self, a, b: a + b
```
