#: problem: sum_of_many
#: expect: passed
def sum_of_many(numbers):
    return sum(numbers)
