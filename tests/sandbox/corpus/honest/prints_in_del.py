#: problem: total
#: expect: passed
class Answer:
    def __init__(self, value):
        self.value = value
    def __del__(self):
        print(self.value)

answer = Answer(sum(map(int, open(0).read().split())))
answer.me = answer
