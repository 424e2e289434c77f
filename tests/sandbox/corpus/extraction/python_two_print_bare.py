#: problem: total
#: expect: compile_error
print(sum(map(int, input().split())))
print 'done'
