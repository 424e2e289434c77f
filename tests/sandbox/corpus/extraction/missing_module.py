#: problem: add
#: expect: runtime_error
#: message: ModuleNotFoundError
```python
import tensorflow

def add(a, b):
    return a + b
```
