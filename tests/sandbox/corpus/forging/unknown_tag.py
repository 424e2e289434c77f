#: problem: add
#: expect: runtime_error
#: tampered: yes
#: begins with: sends_by_itself.py
def add(a, b):
    send('{"$evaluate": "1 + 2"}')
    os._exit(0)
