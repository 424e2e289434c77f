#: problem: solution_add_with_starter
#: expect: passed
```python
class Solution:
    def add(self, a, b):
        raise NotImplementedError
```

```python
class Solution:
    def add(self, a, b):
        return a + b
```
