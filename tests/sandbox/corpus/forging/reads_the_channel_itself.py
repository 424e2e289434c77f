#: problem: sum_of_many
#: expect: timeout|runtime_error
import os
import threading

def read():
    while os.read(3, 1000):
        pass

threading.Thread(target=read, daemon=True).start()

def sum_of_many(numbers):
    return sum(numbers)
