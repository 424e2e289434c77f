#: problem: add
#: expect: runtime_error
#: tampered: yes
#: begins with: sends_by_itself.py
def add(a, b):
    send('{"$tuple": [' * 400 + ']}' * 400)
    os._exit(0)
