#: problem: add_with_starter
#: expect: passed
```python
try:
    from fastadd import add
except ImportError:
    def add(a, b):
        return a + b
```
