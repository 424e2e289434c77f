#: problem: add
#: expect: runtime_error
#: message: NameError
```python
def add(a, b):
    return a + c
```
