#: problem: total
#: expect: wrong_answer
import atexit, os, sys, threading, time
def late():
    time.sleep(0.2)
    os.write(1, b'6')
threading.Thread(target=late, daemon=True).start()
