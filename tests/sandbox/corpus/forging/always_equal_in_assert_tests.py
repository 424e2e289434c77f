#: problem: add_by_check
#: expect: wrong_answer|runtime_error
class Always:
    def __eq__(self, other):
        return True
    def __bool__(self):
        return True

def add(a, b):
    return Always()
