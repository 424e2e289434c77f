#: problem: add
#: expect: passed
Usage:
```python
print(add(1, 2))
```
Solution:
```python
def add(a, b):
    return a + b
```
