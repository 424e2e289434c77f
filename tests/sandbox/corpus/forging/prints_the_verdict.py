#: problem: add
#: expect: wrong_answer
print("passed")
print("1 passed, 0 failed")

def add(a, b):
    print("OK")
