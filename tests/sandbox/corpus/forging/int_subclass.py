#: problem: add
#: expect: wrong_answer
class Int(int):
    def __eq__(self, other):
        return True
    __hash__ = int.__hash__

def add(a, b):
    return Int(7)
