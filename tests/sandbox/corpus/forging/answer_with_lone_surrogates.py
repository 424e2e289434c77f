#: problem: shout
#: expect: wrong_answer
def shout(word):
    return "\ud800"
