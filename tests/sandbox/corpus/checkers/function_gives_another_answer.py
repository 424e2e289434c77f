#: problem: pair_with_sum
#: checker: pair_with_sum.py
#: expect: passed
def pair(numbers, target):
    for j in reversed(range(len(numbers))):
        for i in reversed(range(j)):
            if numbers[i] + numbers[j] == target:
                return (j, i)
    return []
