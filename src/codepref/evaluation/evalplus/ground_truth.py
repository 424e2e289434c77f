"""The reference answers of a benchmark: computed once per data file, kept by its hash.

Run as a program inside the sandbox (``python -m codepref.evaluation.evalplus.ground_truth JOB``);
the only code it executes is the data file's own canonical solutions. One pickle per task and part
(base, plus) holds what EvalPlus needs to grade it, ``(entry_point, atol, inputs, expected,
seconds)``, so that a grading process loads one at a time instead of all (gigabytes) at once. The
manifest says how many inputs each part has, how long the reference took, so that long tasks can
start first, and how many bytes the file has, so that a damaged one is noticed.

The seconds are CPU time, unlike EvalPlus's wall time: limits derived from them are the same on a
busy machine.
"""

import contextlib
import functools
import io
import json
import multiprocessing
import os
import pickle
import sys
import time
import types
from pathlib import Path
from typing import Any

import evalplus.gen.util
from evalplus.data.mbpp import mbpp_deserialize_inputs
from evalplus.eval._special_oracle import MBPP_OUTPUT_NOT_NONE_TASKS

from codepref.evaluation.evalplus.files import MANIFEST, part_file


def compute_task(line: str, dataset: str, folder: Path) -> tuple[str, dict[str, Any]]:
    """Compute and write one task's expected outputs; return its id and its manifest entry."""
    task = json.loads(line)
    task_id, entry_point = task["task_id"], task["entry_point"]
    entry: dict[str, Any] = {}
    # EvalPlus times with `time.time`; CPU time does not depend on what else runs.
    evalplus.gen.util.time = types.SimpleNamespace(time=time.process_time)
    for part in ("base", "plus"):
        inputs = task[f"{part}_input"]
        if dataset == "mbpp":
            inputs = mbpp_deserialize_inputs(task_id, inputs)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                expected, seconds = evalplus.gen.util.trusted_exec(
                    task["prompt"] + task["canonical_solution"],
                    inputs,
                    entry_point,
                    record_time=True,
                    output_not_none=dataset == "mbpp" and entry_point in MBPP_OUTPUT_NOT_NONE_TASKS,
                )
        except Exception as error:
            return task_id, {"broken": f"{part}: {type(error).__name__}: {error}"[:300]}
        truth = (entry_point, task["atol"], inputs, expected, seconds)
        with part_file(folder, task_id, part).open("wb") as stream:
            pickle.dump(truth, stream, protocol=pickle.HIGHEST_PROTOCOL)
            size = stream.tell()
        entry[part] = {"inputs": len(inputs), "seconds": round(sum(seconds), 6), "bytes": size}
    return task_id, entry


def main() -> None:
    """Compute all tasks of the job's data file into its folder, then write the manifest."""
    job = json.loads(sys.argv[1])
    folder = Path(job["folder"])
    compute = functools.partial(compute_task, dataset=job["dataset"], folder=folder)
    with (
        Path(job["data"]).open(encoding="utf-8") as lines,
        # A process per task keeps the memory bounded: a task's values die with it.
        multiprocessing.get_context("fork").Pool(job["workers"], maxtasksperchild=1) as pool,
    ):
        manifest = dict(pool.imap_unordered(compute, (line for line in lines if line.strip())))
    with (folder / MANIFEST).open("w", encoding="utf-8") as stream:
        json.dump(manifest, stream)
    os._exit(0)


if __name__ == "__main__":
    main()
