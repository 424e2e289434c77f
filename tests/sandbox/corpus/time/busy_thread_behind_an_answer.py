#: problem: add
#: expect: timeout|passed
import threading

def spin():
    while True:
        pass

threading.Thread(target=spin, daemon=True).start()

def add(a, b):
    return a + b
