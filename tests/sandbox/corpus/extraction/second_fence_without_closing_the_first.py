#: problem: add
#: expect: passed
```python
def add(a, b):
    return a + b
```python
print(add(1, 2))
```
