#: problem: solution_add_with_starter
#: expect: passed
```python
    def add(self, a, b):
        return self.plus(a, b)

    def plus(self, a, b):
        return a + b
```
