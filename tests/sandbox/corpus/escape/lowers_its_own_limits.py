#: problem: add
#: expect: passed
import resource, signal, os

def add(a, b):
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    os.umask(0o777)
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
    signal.alarm(1)
    return a + b
