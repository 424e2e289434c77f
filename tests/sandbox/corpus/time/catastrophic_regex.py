#: problem: add
#: expect: timeout
import re

def add(a, b):
    re.match(r"(a+)+$", "a" * 60 + "b")
    return a + b
