#: problem: total
#: expect: compile_error
print(sum(map(int, open(0).read().split())))
print 'done'
