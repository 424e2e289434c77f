#: problem: add
#: expect: runtime_error
import socket
import time
channel = socket.socket(fileno=3)

def add(a, b):
    channel.shutdown(socket.SHUT_WR)
    time.sleep(1000)
