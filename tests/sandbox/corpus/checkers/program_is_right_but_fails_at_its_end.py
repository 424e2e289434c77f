#: problem: different_string
#: checker: different_string.py
#: expect: runtime_error
import atexit, os
atexit.register(os._exit, 3)
for _ in range(int(input())):
    s = input()
    r = s[1:] + s[0]
    print("YES\n" + r if r != s else "NO", flush=True)
