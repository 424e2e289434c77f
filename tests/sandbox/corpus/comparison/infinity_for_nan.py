#: problem: not_a_number
#: expect: wrong_answer
def not_a_number(n):
    return float("inf")
