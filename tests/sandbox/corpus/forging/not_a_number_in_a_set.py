#: problem: add
#: expect: wrong_answer
#: begins with: sends_by_itself.py
def add(a, b):
    send('{"$set": [NaN, NaN]}')
    os._exit(0)
