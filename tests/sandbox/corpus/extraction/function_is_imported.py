#: problem: add_with_starter
#: expect: passed
```python
from operator import add
```
