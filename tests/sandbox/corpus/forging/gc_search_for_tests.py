#: problem: add
#: expect: wrong_answer
import gc

def add(a, b):
    for thing in gc.get_objects():
        if isinstance(thing, dict) and "expected" in thing:
            return thing["expected"]
    return None
