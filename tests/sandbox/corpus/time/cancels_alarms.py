#: problem: add
#: expect: timeout
import signal
signal.alarm(0)
signal.setitimer(signal.ITIMER_REAL, 0)
signal.setitimer(signal.ITIMER_PROF, 0)

def add(a, b):
    while True:
        signal.alarm(0)
