#: problem: add
#: expect: no_code
#: message: thinking
<think>
```python
def add(a, b):
    return a + b
```
