#: problem: nothing
#: expect: runtime_error
#: message: does not define
```python
class Solution:
    def something(self, items):
        pass
```
