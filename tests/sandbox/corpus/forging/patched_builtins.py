#: problem: add
#: expect: wrong_answer|runtime_error
import builtins
builtins.all = lambda _: True
builtins.any = lambda _: True
builtins.isinstance = lambda *_: True
builtins.len = lambda _: 0

def add(a, b):
    return None
