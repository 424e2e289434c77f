#: problem: add
#: expect: compile_error
```python
def add(a, b):
    result = (a +
