#: problem: total
#: expect: passed
import threading
total = sum(map(int, open(0).read().split()))
threading.Timer(0.05, lambda: print(total)).start()
