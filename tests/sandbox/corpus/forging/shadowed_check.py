#: problem: add
#: expect: wrong_answer
def check(candidate):
    return True

def add(a, b):
    return None
