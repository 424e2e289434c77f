#: problem: add
#: expect: passed
Sure!
```python
def add(a, b):
    return a + b
