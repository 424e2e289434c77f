#: problem: total
#: expect: passed
```python
import sys
```
```python
print(sum(map(int, sys.stdin.read().split())))
```
