#: problem: add_by_check
#: expect: wrong_answer
def check(candidate):
    return True

abs = len = sorted = lambda *_: True

def add(a, b):
    return 0
