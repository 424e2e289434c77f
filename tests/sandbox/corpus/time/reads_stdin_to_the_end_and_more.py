#: problem: total
#: expect: runtime_error
#: message: EOFError
print(sum(map(int, input().split())))
for _ in range(3):
    input()
