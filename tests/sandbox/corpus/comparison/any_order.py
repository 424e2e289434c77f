#: problem: subsets
#: expect: passed
def subsets(numbers):
    return [[x for i, x in enumerate(numbers) if m >> i & 1][::-1] for m in range(2 ** len(numbers))][::-1]
