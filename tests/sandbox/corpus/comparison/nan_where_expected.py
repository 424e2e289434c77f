#: problem: not_a_number
#: expect: passed
def not_a_number(n):
    return float("nan")
