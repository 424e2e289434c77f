#: problem: words
#: expect: wrong_answer
#: message: expected {'a', 'bb', 'ccc'}, got {'c', 'ab', 'delta'}
def words(text):
    return {'delta', 'ab', 'c'}
