#: problem: add
#: expect: timeout
import signal
import time

def handler(*_):
    raise TimeoutError

for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGTERM, signal.SIGVTALRM, signal.SIGPROF):
    signal.signal(number, handler)

def add(a, b):
    end = time.process_time() + 30
    while time.process_time() < end:
        try:
            while time.process_time() < end:
                pass
        except TimeoutError:
            pass
    return a + b
