#: problem: add
#: expect: passed
import os, socket
assert os.statvfs("/tmp").f_bavail * os.statvfs("/tmp").f_bsize > 60 << 20
kept = []

def add(a, b):
    file = os.open("/tmp", os.O_TMPFILE | os.O_RDWR)
    os.write(file, bytes(20 << 20))
    pair = socket.socketpair()
    socket.send_fds(pair[0], [b"x"], [file])
    kept.append(pair)
    return a + b
