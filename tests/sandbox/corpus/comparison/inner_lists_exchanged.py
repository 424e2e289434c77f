#: problem: present_absent
#: expect: wrong_answer
def present_absent(items):
    return [[3], [1, 2]]
