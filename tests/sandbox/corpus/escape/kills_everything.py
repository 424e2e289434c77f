#: problem: add
#: expect: passed
import os
import signal

def add(a, b):
    for pid in (1, -1, 0, os.getppid()):
        for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
            try:
                os.kill(pid, number)
            except OSError:
                pass
    return a + b
