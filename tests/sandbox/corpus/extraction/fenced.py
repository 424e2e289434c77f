#: problem: add
#: expect: passed
Here is the solution:

```python
def add(a, b):
    return a + b
```

It adds.
