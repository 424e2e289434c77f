#: problem: add
#: expect: wrong_answer
import gc

def add(a, b):
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            for key in ("passed", "ok", "result", "verdict"):
                if key in thing:
                    thing[key] = True
    return None
