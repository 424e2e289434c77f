#: problem: pair_with_sum
#: checker: pair_with_sum.py
#: expect: wrong_answer
import gc
import sys

def pair(numbers, target):
    frame = sys._getframe()
    while frame is not None:
        for scope in (frame.f_locals, frame.f_globals):
            if "expected" in scope:
                return scope["expected"]
            if callable(scope.get("check")):
                return [i for i in range(99) if scope["check"]([numbers, target], [0, i], [0, i])]
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict) and {"expected", "answer", "_SOURCE"} & thing.keys():
            return list(thing.values())
        if isinstance(thing, str) and "def check" in thing:
            return thing
    return None
