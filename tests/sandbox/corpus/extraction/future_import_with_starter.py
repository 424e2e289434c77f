#: problem: add_with_starter
#: expect: passed
```python
from __future__ import annotations

def add(a: Unknown, b):
    return helper(a) + b
```
