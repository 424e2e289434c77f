#: problem: add
#: expect: runtime_error
#: message: no other processes
import os
while True:
    os.fork()
