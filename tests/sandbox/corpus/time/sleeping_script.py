#: problem: total
#: expect: timeout
#: message: waited without computing
import time
time.sleep(1000)
