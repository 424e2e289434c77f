#: problem: total
#: expect: passed
print(sum(map(int, input().split())))

```
1 2 3
```
