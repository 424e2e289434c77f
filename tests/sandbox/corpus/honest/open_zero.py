#: problem: total
#: expect: passed
print(sum(map(int, open(0).read().split())))
