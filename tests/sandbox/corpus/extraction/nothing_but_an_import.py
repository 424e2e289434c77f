#: problem: nothing
#: expect: runtime_error
#: message: does not define
```python
import math
```
