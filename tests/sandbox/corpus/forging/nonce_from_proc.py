#: problem: add
#: expect: wrong_answer|runtime_error
import os
import re

def add(a, b):
    found = []
    for pid in os.listdir("/proc"):
        if pid.isdigit():
            for name in ("environ", "cmdline", "maps", "mem"):
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as file:
                        found += re.findall(rb"[0-9a-f]{16}", file.read(4096))
                except OSError:
                    pass
    return len(found)
