#: problem: add
#: expect: timeout
#: message: waited without computing
import threading

def add(a, b):
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()
