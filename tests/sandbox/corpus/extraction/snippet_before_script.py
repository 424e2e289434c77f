#: problem: total
#: expect: passed
```python
n = int(input())
print(n)
```
The complete code:
```python
print(sum(map(int, open(0).read().split())))
```
