#: problem: add
#: expect: passed
```python
    def add(a, b):
        return a + b
```
