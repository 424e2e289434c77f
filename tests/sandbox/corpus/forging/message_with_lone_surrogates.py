#: problem: add
#: expect: runtime_error
class Odd(Exception):
    def __str__(self):
        return "\udc80\ud800" * 1000

def add(a, b):
    raise Odd
