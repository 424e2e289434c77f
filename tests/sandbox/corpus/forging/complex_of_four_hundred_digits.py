#: problem: add
#: expect: runtime_error
#: tampered: yes
#: begins with: sends_by_itself.py
def add(a, b):
    send('{"$complex": [' + '9' * 400 + ', 0]}')
    os._exit(0)
