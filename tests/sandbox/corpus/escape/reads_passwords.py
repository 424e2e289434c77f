#: problem: add
#: expect: runtime_error
#: message: No such file
def add(a, b):
    open("/etc/passwd").read()
    return a + b
