#: problem: add
#: expect: passed
<think>
```python
def add(a, b):
    return a - b
```
</think>
```python
def add(a, b):
    return a + b
```
