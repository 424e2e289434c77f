#: problem: present_absent
#: expect: passed
def present_absent(items):
    return [[2, 1], [3]]
