#: problem: add_with_starter
#: expect: passed
```python
import math

def add(a, b):
    return helper(a) + b
```
