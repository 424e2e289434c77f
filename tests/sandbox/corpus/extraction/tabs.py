#: problem: add
#: expect: passed
```python
def add(a, b):
	if a:
		return a + b
	return b
```
