"""The reference answers of a benchmark: computed by its reference solutions, inside the sandbox.

Run as a program there (``python -m codepref.evaluation.evalplus.ground_truth JOB``). An item is one
part (base, plus) of a task; a confined child of its own runs the reference solution and writes down
what it returned (see ``files``) into the open file that came with the item, which is all that it
can write to. What lands there is checked by the command outside: a reference solution is foreign
code, too.

The seconds are CPU time, unlike EvalPlus's wall time: limits derived from them are the same on a
busy machine.
"""

import contextlib
import io
import json
import marshal
import os
import resource
import signal
import sys
import time
import types
from collections.abc import Iterator
from typing import Any

import evalplus.gen.util
from evalplus.data.mbpp import mbpp_deserialize_inputs
from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS

from codepref import values
from codepref.evaluation.evalplus.channel import serve
from codepref.evaluation.evalplus.confined import close_all_but, confine
from codepref.evaluation.evalplus.files import (
    LONGEST_PART,
    TEXT,
    PartTruth,
    encode_part,
    row_kinds,
)
from codepref.evaluation.evalplus.plain import fingerprint, plain
from codepref.sandbox.inside import mounts
from codepref.sandbox.inside.confine import hide_from_others

LONGEST_REFERENCE = 120  # CPU seconds for a part; grading allows half of that
WALL_PER_CPU = 5


def compute(dataset: str, item: dict[str, Any]) -> Iterator[bytes]:
    """Run the reference solution on one part's inputs; return the part's file."""
    task, part = item["task"], item["part"]
    inputs = task[f"{part}_input"]
    if dataset == "mbpp":
        inputs = mbpp_deserialize_inputs(task["task_id"], inputs)
    # EvalPlus times with `time.time`; CPU time does not depend on what else runs.
    evalplus.gen.util.time = types.SimpleNamespace(time=time.process_time)
    with contextlib.redirect_stdout(io.StringIO()):
        returned, seconds = evalplus.gen.util.trusted_exec(  # calls it with copies of the inputs
            task["prompt"] + task["canonical_solution"],
            inputs,
            task["entry_point"],
            record_time=True,
            output_not_none=dataset == "mbpp" and task["entry_point"] in MBPP_OUTPUT_NOT_NONE_TASKS,
        )
    expected = plain(returned)
    rows = [row_kinds(output) for output in expected]
    encoding = encoding_seconds(expected, rows)
    return encode_part(PartTruth(inputs, expected, seconds, encoding), rows)


def encoding_seconds(expected: list[Any], rows: list[frozenset[type] | None]) -> float:
    """Return the CPU time that the executor needs to write down the largest outputs."""
    described = list(zip(expected, rows, strict=True))
    hashed = [output for output, kinds in described if kinds == TEXT]
    written = [output for output, kinds in described if kinds != TEXT]
    start = time.process_time()
    if hashed:
        fingerprint(plain(max(hashed, key=len)))
    if written:
        json.dumps(values.encode(plain(max(written, key=_size))))
    return time.process_time() - start


def _size(value: Any) -> int:
    try:
        return len(marshal.dumps(value, 2))
    except ValueError:  # no plain value, or nested too deep: encoding it says so
        return 0


def child(job: dict[str, Any], item: dict[str, Any], output: int, trouble: int) -> None:
    """Compute in this (forked) process; leave the result in ``output``, or why there is none."""
    close_all_but(output, trouble)
    resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_REFERENCE, LONGEST_REFERENCE + 1))
    confine(LONGEST_PART, job["memory_mb"] << 20)
    try:
        with open(output, "wb", closefd=False) as stream:
            stream.writelines(compute(job["dataset"], item))
    except BaseException as error:
        os.write(trouble, f"{type(error).__name__}: {error}"[:200].encode(errors="replace"))


def answer(job: dict[str, Any], item: dict[str, Any], output: int) -> dict[str, Any]:
    """Let a child compute one item; say what went wrong, if anything."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            child(job, item, output, writing)
        finally:
            os._exit(0)
    os.close(writing)
    deadline = time.monotonic() + WALL_PER_CPU * LONGEST_REFERENCE
    status = None
    while status is None:
        done, found = os.waitpid(pid, os.WNOHANG)
        if done:
            status = found
        elif time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        else:
            signal.sigtimedwait({signal.SIGCHLD}, 1.0)
    with os.fdopen(reading, "rb") as stream:
        trouble = stream.read(200).decode(errors="replace")
    if not trouble and os.WIFSIGNALED(status):
        trouble = f"killed by {signal.Signals(os.WTERMSIG(status)).name}"
    return {"task_id": item["task"]["task_id"], "part": item["part"], "trouble": trouble}


def main() -> None:
    """Compute item after item."""
    job = json.loads(sys.argv[1])
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    hide_from_others()
    folders = mounts.FileSystems(mounts.WRITABLE, mounts.own_mounts()) if job["private"] else None

    def fresh_answer(item: dict[str, Any], output: int) -> dict[str, Any]:
        found = answer(job, item, output)
        return {**found, "used_up": folders is not None and not folders.renew()}

    serve(fresh_answer)


if __name__ == "__main__":
    main()
