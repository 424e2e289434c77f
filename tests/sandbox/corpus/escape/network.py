#: problem: add
#: expect: runtime_error
import socket

def add(a, b):
    socket.create_connection(("1.1.1.1", 53), timeout=1)
    return a + b
