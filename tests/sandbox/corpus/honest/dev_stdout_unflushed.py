#: problem: total
#: expect: passed
out = open('/dev/stdout', 'w')
print(sum(map(int, open(0).read().split())), file=out)
keep = [out]
keep.append(keep)
