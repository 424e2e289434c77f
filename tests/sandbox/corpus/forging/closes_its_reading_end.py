#: problem: sum_of_many
#: expect: runtime_error
import socket
channel = socket.socket(fileno=3)

def sum_of_many(numbers):
    channel.shutdown(socket.SHUT_RD)
    return sum(numbers)
