#: problem: sum_of_many
#: expect: timeout
#: message: waited without computing
#: begins with: sends_by_itself.py
import time

def sum_of_many(numbers):
    send(sum(numbers))
    time.sleep(1000)
