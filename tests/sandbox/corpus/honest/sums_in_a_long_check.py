#: problem: sum_by_long_check
#: expect: passed
def sum_of_many(numbers):
    return sum(numbers)
