#: problem: total
#: expect: passed
print(sum(map(int, open(0).read().split())))

```
1 2 3
```
