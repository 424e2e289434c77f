#: problem: add
#: expect: passed
1. Code:
   ```python
   def add(a, b):
       return a + b
   ```
