#: problem: add
#: expect: runtime_error
#: tampered: yes
import socket
channel = socket.socket(fileno=3)

def add(a, b):
    channel.send(b"x", socket.MSG_OOB)
    return a + b
