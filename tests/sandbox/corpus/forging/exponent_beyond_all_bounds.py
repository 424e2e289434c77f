#: problem: add
#: expect: wrong_answer
#: message: got inf
#: begins with: sends_by_itself.py
def add(a, b):
    send('1e999999999')
    os._exit(0)
