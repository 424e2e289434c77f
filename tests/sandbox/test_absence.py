"""The executor is stopped (Ctrl-Z, a suspended job) while programs sleep, answer and compute."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest
from helpers.places import TESTS

pytestmark = pytest.mark.slow  # sandboxes

# Its limits: 0.2 s of CPU time per test, and so 2 s of waiting. It is stopped for 2.8 s.
LIMIT, STOPPED_AFTER, STOPPED_FOR = 0.2, 0.7, 2.8
FUNCTION = """
import time
def add(a, b):
    {}
    return a + b
"""
SCRIPT = """
import time
{}
print(sum(map(int, open(0).read().split())))
"""
BUSY = "end = time.process_time() + {}\nwhile time.process_time() < end: pass"
# What a program does, in how many tests, and what must come of it, whether or not the executor is
# stopped meanwhile.
ACTIONS = {
    "sleeps a little": ("time.sleep(1.2)", 1, "passed"),
    "sleeps too long, not beyond the stop": ("time.sleep(3.2)", 1, "timeout"),
    "sleeps beyond the stop": ("time.sleep(60)", 1, "timeout"),
    "computes without end": ("while True: pass", 1, "timeout"),
    "computes too long, but not beyond the stop": (BUSY.format(1.0), 1, "timeout"),
    "wakes up and computes": ("time.sleep(1)\n" + BUSY.format(0.1), 2, "passed"),
    "computes on and on, each test in time": (BUSY.format(0.1), 12, "passed"),
}
RUN = """
import json, sys
from helpers.corpus_programs import PROBLEMS, CorpusProgram
from codepref.records import Limits
from codepref.sandbox import Executor
pairs = []
for problem, code, count, _ in json.loads(sys.argv[1]):
    limits = Limits(cpu_seconds=float(sys.argv[2]))
    tests = (PROBLEMS[problem].tests * count)[:count]
    problem = PROBLEMS[problem].model_copy(update={"limits": limits, "tests": tests})
    pairs.append((problem, CorpusProgram("t", "t", problem, frozenset(), False, "", code).sample()))
with Executor(len(pairs), reuse=False) as executor:
    executor.call_values("def f(): pass", "f", [[]])
    print("ready", flush=True)
    print(json.dumps([execution.verdict for execution in executor.run(pairs)]))
"""


def programs() -> list[tuple[str, str, int, str]]:
    """Return problem, code, number of tests, right verdict: all as functions, some as scripts."""
    chosen = []
    for action, tests, verdict in ACTIONS.values():
        body = textwrap.indent(action, "    ").lstrip()
        chosen.append(("add", FUNCTION.format(body), tests, verdict))
        if "sleep(" in action and verdict == "passed":
            chosen.append(("total", SCRIPT.format(action), tests, verdict))
    return chosen


def test_the_time_of_a_stopped_executor_is_not_the_programs() -> None:
    command = [sys.executable, "-c", RUN, json.dumps(programs()), str(LIMIT)]
    path = os.pathsep.join([str(TESTS), *filter(None, sys.path)])
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    def stop() -> None:
        time.sleep(STOPPED_AFTER)
        process.send_signal(signal.SIGSTOP)
        time.sleep(STOPPED_FOR)
        process.send_signal(signal.SIGCONT)

    stopping = threading.Thread(target=stop)
    stopping.start()
    verdicts = json.loads(process.stdout.read())
    stopping.join()
    assert process.wait() == 0
    assert verdicts == [verdict for _, _, _, verdict in programs()]
