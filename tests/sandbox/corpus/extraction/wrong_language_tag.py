#: problem: add
#: expect: passed
```javascript
def add(a, b):
    return a + b
```
