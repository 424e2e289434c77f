#: problem: total
#: expect: passed
import sys
import threading
import time

def work():
    time.sleep(0.2)
    print(sum(map(int, sys.stdin.read().split())))

threading.Thread(target=work).start()
