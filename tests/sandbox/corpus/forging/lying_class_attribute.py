#: problem: add
#: expect: wrong_answer
class Liar:
    @property
    def __class__(self):
        return int
    def __eq__(self, other):
        return True
    def __index__(self):
        return 3

def add(a, b):
    return Liar()
