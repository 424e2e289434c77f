#: problem: add
#: expect: passed
import os

def add(a, b):
    for name in ("null", "zero", "full", "random", "urandom", "tty", "pts"):
        for change in (lambda path: os.chmod(path, 0), os.utime):
            try:
                change(f"/dev/{name}")
            except OSError:
                continue
            raise SystemExit(name)
    open("/dev/null", "w").write("x")
    return a + b
