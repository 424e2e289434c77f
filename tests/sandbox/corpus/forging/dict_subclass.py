#: problem: count
#: expect: wrong_answer
class Table(dict):
    def __eq__(self, other):
        return True
    def items(self):
        return []

def count(word):
    return Table(a=99)
