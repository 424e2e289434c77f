#: problem: add
#: expect: runtime_error
#: message: PermissionError
import fcntl, os, signal, socket

def add(a, b):
    ours, theirs = socket.socketpair()
    fcntl.fcntl(ours, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(ours, fcntl.F_SETOWN, 1)
    fcntl.fcntl(ours, fcntl.F_SETFL, os.O_ASYNC)
    theirs.send(b"x")
    return a + b
