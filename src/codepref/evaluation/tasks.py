"""A benchmark's data file and a model's solutions, checked against each other."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codepref.errors import UserError
from codepref.files import read_records
from codepref.records import Solution

Dataset = Literal["humaneval", "mbpp"]
NEEDED = ("prompt", "entry_point", "canonical_solution", "base_input", "plus_input", "atol")


@dataclass(frozen=True)
class Task:
    """What grading needs to know of a task outside the sandbox."""

    task_id: str
    entry_point: str
    canonical: str  # the reference program: prompt and canonical solution


@dataclass(frozen=True)
class Benchmark:
    """An EvalPlus data file: its hashes and tasks, without their inputs."""

    dataset: Dataset
    path: Path
    md5: str
    sha256: str
    tasks: dict[str, Task]


def read_benchmark(dataset: Dataset, path: str | Path) -> Benchmark:
    """Read an EvalPlus data file (JSONL, decompressed: EvalPlus hashes the raw bytes).

    Raises:
        UserError: it is missing, gzipped, not JSON, lacks a key, or names a task twice.
    """
    path = Path(path).resolve()
    if path.suffix == ".gz":
        raise UserError(f"{path}: decompress it first (gzip -dk): EvalPlus hashes the raw bytes")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    tasks: dict[str, Task] = {}
    for number, line in enumerate(raw.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}:{number}"
        try:
            task = json.loads(line)
        except ValueError as error:
            raise UserError(f"{where}: not JSON: {error}") from error
        missing = [key for key in ("task_id", *NEEDED) if key not in task]
        if missing:
            raise UserError(f"{where}: not an EvalPlus task: no {', '.join(missing)}")
        task_id = task["task_id"]
        if task_id in tasks:
            raise UserError(f"{where}: task {task_id} occurs twice")
        tasks[task_id] = Task(
            task_id, task["entry_point"], task["prompt"] + task["canonical_solution"]
        )
    if not tasks:
        raise UserError(f"{path}: holds no task")
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return Benchmark(dataset, path, md5, hashlib.sha256(raw).hexdigest(), tasks)


def read_solutions(path: str | Path, benchmark: Benchmark) -> list[Solution]:
    """Read a samples file that holds exactly one solution of each task of the benchmark.

    Raises:
        UserError: a record is malformed, or tasks are missing, unknown or repeated.
    """
    solutions = list(read_records(path, Solution))
    check_complete([solution.task_id for solution in solutions], benchmark, str(path))
    return solutions


def check_complete(task_ids: list[str], benchmark: Benchmark, where: str) -> None:
    """Refuse anything but exactly one solution per task: pass@1 over fewer is another number."""
    given = set(task_ids)
    repeated = sorted({task_id for task_id in task_ids if task_ids.count(task_id) > 1})
    problems = {
        "no solution of": sorted(set(benchmark.tasks) - given),
        "solutions of tasks that the data file does not have:": sorted(
            given - set(benchmark.tasks)
        ),
        "more than one solution of": repeated,
    }
    found = [f"{what} {_some(names)}" for what, names in problems.items() if names]
    if found:
        raise UserError(
            f"{where}: {'; '.join(found)}. Every task of {benchmark.path.name} "
            f"({len(benchmark.tasks)} tasks) needs exactly one solution: generate the samples from "
            "this data file"
        )


def _some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
