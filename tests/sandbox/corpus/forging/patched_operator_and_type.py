#: problem: add
#: expect: wrong_answer|runtime_error
import operator
operator.eq = lambda *_: True
operator.ne = lambda *_: False

class Meta(type):
    def __eq__(cls, other):
        return True
    __hash__ = type.__hash__

class Thing(metaclass=Meta):
    pass

def add(a, b):
    return Thing()
