#: problem: pair
#: expect: wrong_answer
class Items(list):
    def __eq__(self, other):
        return True

def pair(a, b):
    return Items()
