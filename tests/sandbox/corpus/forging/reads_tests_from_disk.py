#: problem: add
#: expect: wrong_answer|runtime_error
import os

def add(a, b):
    for folder, _, names in os.walk("/"):
        for name in names:
            if name.endswith(".jsonl"):
                return open(os.path.join(folder, name)).read()
    return None
