#: problem: add
#: expect: passed
def add(a, b):
    with open("scratch.txt", "w") as file:
        file.write(str(a + b))
    return int(open("scratch.txt").read())
