#: problem: different_string
#: checker: different_string.py
#: expect: wrong_answer
import os
for folder in ("/tmp", "/dev/shm", "."):
    for name in ("checker.py", "json.py", "collections.py", "sitecustomize.py"):
        with open(f"{folder}/{name}", "w") as stream:
            stream.write("import os\nprint(1, flush=True)\nos._exit(0)\n")
    for name in ("correct_output.txt", "solution_output.txt", "input.txt"):
        if os.path.lexists(f"{folder}/{name}"):
            os.unlink(f"{folder}/{name}")
        os.symlink("/dev/null", f"{folder}/{name}")
print("../correct_output.txt")
