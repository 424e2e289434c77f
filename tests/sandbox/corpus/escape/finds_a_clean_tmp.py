#: problem: add
#: expect: passed
import os

def add(a, b):
    assert os.listdir("/tmp") == [], os.listdir("/tmp")
    assert os.getcwd() == "/tmp"
    return a + b
