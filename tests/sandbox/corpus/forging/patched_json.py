#: problem: add
#: expect: wrong_answer
import json
json.dumps = lambda *_, **__: '{"value": 3}'
json.JSONEncoder.encode = lambda *_: '{"value": 3}'

def add(a, b):
    return None
