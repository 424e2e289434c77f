#: problem: add
#: expect: passed
import socket
pair = socket.socketpair()
pair[0].bind("\0mine")

def add(a, b):
    return a + b
