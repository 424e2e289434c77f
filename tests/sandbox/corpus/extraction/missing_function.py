#: problem: add
#: expect: runtime_error
#: message: does not define add
```python
def plus(a, b):
    return a + b
```
