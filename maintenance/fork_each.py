"""Run each program of a JSON list on standard input in a forked process; print the seconds taken.

What a process per program costs at the least in Python: no isolation, no limits, no answers. It
imports nothing beyond what the programs need, since every page of the parent makes a fork dearer.
"""

import collections  # noqa: F401
import gc
import json
import math  # noqa: F401
import os
import random  # noqa: F401
import re  # noqa: F401
import sys
import time
import typing  # noqa: F401


def main() -> None:
    """Read the programs, run them, print [seconds, how many passed]."""
    programs = json.load(sys.stdin)
    gc.collect()
    gc.freeze()
    began = time.perf_counter()
    passed = 0
    for program in programs:
        child = os.fork()
        if child == 0:
            sys.stdout = None
            try:
                exec(program, {})
            except BaseException:
                os._exit(1)
            os._exit(0)
        passed += os.waitpid(child, 0)[1] == 0
    print(json.dumps([time.perf_counter() - began, passed]))


if __name__ == "__main__":
    main()
