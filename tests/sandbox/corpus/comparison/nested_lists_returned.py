#: problem: subsets
#: expect: wrong_answer|timeout|output_limit
def subsets(numbers):
    nested = []
    for _ in range(190):
        nested = [nested]
    return [nested] * 30_000
