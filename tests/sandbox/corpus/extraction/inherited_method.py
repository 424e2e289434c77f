#: problem: solution_add_with_starter
#: expect: passed
```python
class Base:
    def add(self, a, b):
        return a + b


class Solution(Base):
    pass
```
