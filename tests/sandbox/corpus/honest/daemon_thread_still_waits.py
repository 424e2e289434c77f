#: problem: total
#: expect: passed
import sys
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
print(sum(map(int, sys.stdin.read().split())))
