#: problem: add
#: expect: runtime_error
#: tampered: yes
import socket
channel = socket.socket(fileno=3)

def add(a, b):
    socket.send_fds(channel, [b"\0"], [0, 1, 2])
    return a + b
