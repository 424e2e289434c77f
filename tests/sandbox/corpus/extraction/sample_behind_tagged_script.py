#: problem: total
#: expect: passed
[PYTHON]
print(sum(map(int, input().split())))
[/PYTHON]
```
1 2 3
```
