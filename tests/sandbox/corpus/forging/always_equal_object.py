#: problem: add
#: expect: wrong_answer
class Always:
    def __eq__(self, other):
        return True

def add(a, b):
    return Always()
