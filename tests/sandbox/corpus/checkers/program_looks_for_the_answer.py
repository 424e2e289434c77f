#: problem: different_string
#: checker: different_string.py
#: expect: wrong_answer
import gc
import glob
import os
import sys

text = sys.stdin.read()
found = []
for path in ["correct_output.txt", "../correct_output.txt", "/proc/1/cwd/correct_output.txt",
             *glob.glob("/tmp/**", recursive=True), *glob.glob("/dev/shm/**", recursive=True),
             *glob.glob("/harness/*"), *glob.glob("/proc/[0-9]*/fd/*"),
             *glob.glob("/proc/[0-9]*/cmdline"), *glob.glob("/proc/[0-9]*/environ")]:
    try:
        if os.path.isfile(path) and "fd/0" not in path:
            found.append(open(path, errors="replace").read())
    except OSError:
        pass
for line in open("/proc/self/maps") if os.path.exists("/proc/self/maps") else ():
    first, last = (int(n, 16) for n in line.split()[0].split("-"))
    if "r" in line.split()[1] and last - first < 1 << 24:
        try:
            with open("/proc/self/mem", "rb") as memory:
                memory.seek(first)
                found.append(memory.read(last - first).decode("latin-1"))
        except (OSError, ValueError, OverflowError):
            pass
found += [thing for thing in gc.get_objects() if isinstance(thing, str)]
wanted = "YES\n" + "forcodes" + "ec"
for thing in found:
    if wanted in thing:
        print(thing[thing.index(wanted):][:60])
        break
else:
    print("nothing is here but", len(found), "places")
