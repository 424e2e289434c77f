#: problem: add
#: expect: compile_error
```python
def add(a, b):
    return a + b

print 'done'
```
