#: problem: add
#: expect: runtime_error
#: message: no other processes
import subprocess

def add(a, b):
    subprocess.run(["/bin/sh", "-c", "true"])
    return a + b
