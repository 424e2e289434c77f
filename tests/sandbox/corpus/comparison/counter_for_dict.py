#: problem: count
#: expect: passed
from collections import Counter

def count(word):
    return Counter(word)
