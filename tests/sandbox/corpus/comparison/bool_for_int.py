#: problem: is_even
#: expect: passed
def is_even(n):
    return 1 - n % 2
