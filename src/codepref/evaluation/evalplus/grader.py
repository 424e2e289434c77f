"""EvalPlus's own check, run on one solution at a time by small forked processes.

Run as a program inside the sandbox, one for each worker (``python -m
codepref.evaluation.evalplus.grader JOB``). It grades the items that come over ``channel``. The
comparison, the special oracles and the guards are EvalPlus's ``unsafe_execute``, unchanged; what is
ours is around it, because EvalPlus 0.3.1's own loop ships every expected output through pipes,
forks from a process that holds all of them (which costs more than the tests), cannot tell a
time-out from a wrong answer, measures wall time only and waits 20 s at the end:

- the child that grades a part reads its inputs and expected outputs from the one open file that
  came with the item, and closes it; nothing of other tasks lies where a solution could find it;
- the child is confined like the executor's (one process, no signals, no sockets) and gets a fresh
  /tmp and /dev/shm (where the machine does not allow that, a fresh sandbox);
- limits are in CPU time, so that no solution fails because the machine is busy; wall time only
  backs them, at 5x and without the time spent waiting for a processor;
- a limit per input that is exceeded is recorded, and so is the exception of a failing call.
"""

import contextlib
import json
import math
import os
import random
import resource
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from multiprocessing.sharedctypes import RawArray, RawValue
from typing import Any

import evalplus.eval

from codepref.evaluation.evalplus.channel import serve
from codepref.evaluation.evalplus.confined import close_all_but, confine
from codepref.evaluation.evalplus.files import decode_part
from codepref.sandbox.clocks import starved_seconds
from codepref.sandbox.inside import mounts
from codepref.sandbox.inside.confine import hide_from_others

WALL_PER_CPU = 5.0  # wall time that backs a limit in CPU time, as in the executor
LONGEST_TASK = 60.0  # seconds for all inputs of a part, EvalPlus's EVALPLUS_TIMEOUT_PER_TASK
EXTRA_SECONDS = 2.0  # that it waits longer
# While many are graded at once, an input that takes longer than both of these is put off, to be
# graded alone with its whole limit: an endless loop then costs that limit once instead of twice.
SUSPICIOUS_SECONDS = 0.5
SUSPICIOUS_TIMES_REFERENCE = 50.0
LATE = "late"
LARGEST_FILE = 256 << 20
STATUS = {evalplus.eval._SUCCESS: "pass", evalplus.eval._FAILED: "fail"}


class Notes:
    """What the child reports to its parent, in shared memory."""

    def __init__(self, inputs: int) -> None:
        self.started = RawValue("d", 0.0)  # monotonic time at which the inputs were loaded
        self.allowed = RawValue("d", 0.0)  # seconds for all inputs together
        self.status = RawValue("i", evalplus.eval._UNKNOWN)
        self.progress = RawValue("i", 0)
        self.details = RawArray("b", max(inputs, 1))
        self.struck = RawValue("b", 0)  # a limit per input was exceeded
        self.raised = RawArray("c", 80)  # the exception that left the solution's function
        self.compiled = RawValue("b", 0)  # the solution is Python
        self.loaded = RawValue("b", 0)  # the solution's module ran to its end
        self.trouble = RawArray("c", 200)  # why the child could not begin


def watched_time_limit(notes: Notes) -> Any:
    """Return a drop-in for EvalPlus's ``time_limit`` that counts CPU time and takes notes."""

    credited = 0.0

    def strike(number: int, _frame: Any) -> None:
        nonlocal credited
        waited = starved_seconds() - credited
        if number == signal.SIGALRM and waited > 0.1:
            credited += waited
            signal.setitimer(signal.ITIMER_REAL, waited)
            return
        notes.struck.value = 1
        raise evalplus.eval.utils.TimeoutException("Timed out!")

    timers = [
        (signal.ITIMER_PROF, signal.SIGPROF, 1.0),
        (signal.ITIMER_REAL, signal.SIGALRM, WALL_PER_CPU),
    ]

    @contextlib.contextmanager
    def limit(seconds: float) -> Iterator[None]:
        notes.loaded.value = 1
        for timer, number, factor in timers:
            signal.signal(number, strike)
            signal.setitimer(timer, seconds * factor)
        try:
            yield
        except BaseException as error:
            notes.raised.value = type(error).__name__.encode()[:79]
            raise
        finally:
            for timer, _, _ in timers:
                signal.setitimer(timer, 0)

    return limit


def child(job: dict[str, Any], item: dict[str, Any], truth_file: int, notes: Notes) -> None:
    """Grade in this (forked) process; the verdict is left in ``notes``."""
    truth = decode_part(truth_file)
    close_all_but()  # no way back to the verdicts, nor to the file
    random.seed(0)
    # EvalPlus's rule, from the reference's times.
    limits = [
        max(job["min_time_limit"], job["ground_truth_time_factor"] * t) for t in truth.seconds
    ]
    allowed = min(LONGEST_TASK, sum(limits)) + EXTRA_SECONDS
    times = item["limit"] or 1
    notes.allowed.value, limits = times * allowed, [times * limit for limit in limits]
    if item["limit"] is None:
        suspicious = (
            max(SUSPICIOUS_SECONDS, SUSPICIOUS_TIMES_REFERENCE * t) for t in truth.seconds
        )
        limits = list(map(min, limits, suspicious))
    whole = math.ceil(time.process_time() + notes.allowed.value)
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 1))
    confine(LARGEST_FILE, job["memory_mb"] << 20)
    evalplus.eval.time_limit = watched_time_limit(notes)
    notes.started.value = time.monotonic()
    notes.compiled.value = _compiles(item["code"])
    evalplus.eval.unsafe_execute(
        job["dataset"],
        item["entry_point"],
        item["code"],
        truth.inputs,
        truth.expected,
        limits,
        item["tolerance"],
        True,  # stop at the first failing input
        notes.status,
        notes.details,
        notes.progress,
    )


def _compiles(code: str) -> bool:
    # A program nested too deeply is a RecursionError or a MemoryError to Python's parser.
    errors = (SyntaxError, ValueError, RecursionError, MemoryError)
    with contextlib.suppress(*errors), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compile(code, "<string>", "exec", dont_inherit=True)
        return True
    return False


def grade(job: dict[str, Any], item: dict[str, Any], truth_file: int) -> dict[str, Any]:
    """Grade one solution on one part in a child process."""
    notes = Notes(item["inputs"])
    start = time.monotonic()
    pid = os.fork()
    if pid == 0:
        try:
            child(job, item, truth_file, notes)
        except BaseException as error:
            notes.trouble.value = f"{type(error).__name__}: {error}".encode()[:199]
        finally:
            os._exit(0)
    outcome = wait_for(pid, notes)
    seconds = time.monotonic() - (notes.started.value or start)
    result: dict[str, Any] = {"task_id": item["task_id"], "part": item["part"]}
    result["seconds"] = round(seconds, 4)
    if not notes.started.value:
        trouble = notes.trouble.value.decode(errors="replace") or outcome
        return {**result, "trouble": trouble, "again": True}
    result.update(judge(job, item["entry_point"], item["inputs"], notes, outcome))
    return result


def wait_for(pid: int, notes: Notes) -> str:
    """Wait for a child until the time it is allowed is over; return what became of it."""
    late = False
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        left = 1.0
        if notes.started.value:
            allowed = WALL_PER_CPU * notes.allowed.value + starved_seconds(pid)
            left = notes.started.value + allowed - time.monotonic()
        if left <= 0:
            late = True
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            break
        signal.sigtimedwait({signal.SIGCHLD}, min(left, 1.0))
    if late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return LATE
    if os.WIFSIGNALED(status):
        return f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return "ended"


def judge(
    job: dict[str, Any], entry_point: str, total: int, notes: Notes, outcome: str
) -> dict[str, Any]:
    """Turn a child's notes into a status (EvalPlus's rule), a class and a reason to read."""
    done = notes.progress.value
    status = STATUS.get(notes.status.value, "timeout")
    repaired = False
    if status == "pass" and (done != total or not all(notes.details[:total])):
        # EvalPlus 0.3.1 forgets to count find_zero's inputs; its oracle has accepted all of them.
        repaired = (
            job["repair_find_zero"]
            and job["dataset"] == "humaneval"
            and entry_point == "find_zero"
            and done == 0
        )
        status = "pass" if repaired else "fail"
    result: dict[str, Any] = {"status": status, "repaired": repaired}
    if status == "pass":
        return result
    failing = max(done - 1, 0) if status == "fail" and notes.loaded.value and done else None
    raised = notes.raised.value.decode(errors="replace")
    by_time = bool(notes.struck.value) or outcome == LATE
    killed = outcome == "killed by SIGKILL"  # for want of memory, perhaps, which others took
    crashed = outcome.startswith("killed")
    if outcome == LATE:
        failure, reason = "timeout", f"out of time after {done} of {total} inputs"
    elif notes.struck.value:
        failure, reason = "timeout", "out of time"
    elif status == "timeout":
        failure = "memory_limit" if killed else "runtime_error"
        reason = f"process ended without a verdict ({outcome}) after {done} of {total} inputs"
    elif not notes.loaded.value:
        failure = "runtime_error" if notes.compiled.value else "compile_error"
        reason = "does not load, or defines no such function"
    elif notes.status.value == evalplus.eval._SUCCESS:
        failure, reason = "wrong_answer", f"EvalPlus counted {done} of {total} inputs"
    elif raised:
        failure = "memory_limit" if raised == "MemoryError" else "runtime_error"
        reason = f"raised {raised}"
    else:
        failure, reason = "wrong_answer", "wrong answer"
    result.update(reason=reason, failure=failure, failing_input=failing)
    result.update(again=by_time or crashed, disturber=killed)
    return result


def main() -> None:
    """Grade item after item."""
    job = json.loads(sys.argv[1])
    # EvalPlus would take the machine's memory if that is less: another machine, another verdict.
    evalplus.eval.query_maximum_memory_bytes = lambda: job["memory_mb"] << 20
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    hide_from_others()
    # Under weaker isolation the folders are the machine's own.
    folders = mounts.FileSystems(mounts.WRITABLE, mounts.own_mounts()) if job["private"] else None

    def answer(item: dict[str, Any], truth_file: int) -> dict[str, Any]:
        found = grade(job, item, truth_file)
        return {**found, "used_up": folders is not None and not folders.renew()}

    serve(answer)


if __name__ == "__main__":
    main()
