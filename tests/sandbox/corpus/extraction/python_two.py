#: problem: add
#: expect: compile_error
```python
def add(a, b):
    print "sum"
    return a + b
```
