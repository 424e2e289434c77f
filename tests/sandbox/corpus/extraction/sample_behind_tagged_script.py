#: problem: total
#: expect: passed
[PYTHON]
print(sum(map(int, open(0).read().split())))
[/PYTHON]
```
1 2 3
```
