#: problem: add
#: expect: compile_error
```python
def add(a, b):
    if a:
	return a
    return b
```
