#: problem: add
#: expect: runtime_error
import codepref.sandbox
import tests

def add(a, b):
    return a + b
