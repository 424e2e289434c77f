#: problem: total
#: expect: passed
import pickle
import sys

class Box:
    def __init__(self, value):
        self.value = value

boxes = [pickle.loads(pickle.dumps(Box(int(word)))) for word in sys.stdin.read().split()]
print(sum(box.value for box in boxes))
