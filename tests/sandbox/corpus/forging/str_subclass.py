#: problem: shout
#: expect: wrong_answer
class Text(str):
    def __eq__(self, other):
        return True
    __hash__ = str.__hash__

def shout(word):
    return Text("no")
