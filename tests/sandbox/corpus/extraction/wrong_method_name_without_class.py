#: problem: solution_add_with_starter
#: expect: runtime_error
#: message: does not define
```python
def plus(self, a, b):
    return a + b
```
