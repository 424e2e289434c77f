#: problem: add
#: expect: runtime_error
#: message: Too many open files
files = []
def add(a, b):
    while True:
        files.append(open("/dev/null"))
