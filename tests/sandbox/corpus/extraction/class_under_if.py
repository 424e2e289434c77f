#: problem: solution_add_with_starter
#: expect: passed
```python
import sys

if sys.version_info > (3,):
    class Solution:
        def add(self, a, b):
            return a + b
```
