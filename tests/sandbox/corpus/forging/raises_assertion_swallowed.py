#: problem: add
#: expect: runtime_error
class Quiet(AssertionError):
    def __str__(self):
        raise SystemExit(0)

def add(a, b):
    raise Quiet()
