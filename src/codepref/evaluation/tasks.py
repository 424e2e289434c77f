"""Benchmark data files and samples files: read, and checked against each other.

A data file is JSONL in UTF-8, one task per line: an object with the texts ``task_id`` and
``prompt`` and whatever its judge needs (``codepref.evaluation.benchmarks``). Lines end at a line
feed only: JSON strings may hold other separators (U+2028).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from codepref.errors import UserError
from codepref.files import read_bytes, read_records, reading, sha256_of
from codepref.gradings import BenchmarkVerdicts, Solution

Dataset = Literal["humaneval", "mbpp"]  # EvalPlus's two: it has inputs and oracles of its own each
PREFIXES = {"humaneval": "HumanEval/", "mbpp": "Mbpp/"}
_GZIP = b"\x1f\x8b"

Parsed = TypeVar("Parsed")


@dataclass(frozen=True)
class TaskFile(Generic[Parsed]):
    """A benchmark's data file: its hashes, and of each task what its judge needs."""

    dataset: str
    path: Path
    md5: str
    sha256: str
    tasks: dict[str, Parsed]


@dataclass(frozen=True)
class Task:
    """What grading by EvalPlus needs to know of a task outside the sandbox."""

    task_id: str
    entry_point: str
    canonical: str  # the reference program: prompt and canonical solution
    prompt: str
    tolerance: float  # absolute, of numbers in the output; 0: exact


Benchmark = TaskFile[Task]  # an EvalPlus data file, without its tasks' inputs


def evalplus_task(dataset: str, task: dict[str, Any]) -> Task:
    """Return what EvalPlus's judge needs of a task.

    Raises:
        ValueError: it is not in EvalPlus's format, or belongs to the other data set.
    """
    kinds: dict[str, tuple[type, ...]] = {
        **dict.fromkeys(("entry_point", "contract", "canonical_solution"), (str,)),
        **dict.fromkeys(("base_input", "plus_input"), (list, dict)),
        "atol": (int, float),
    }
    missing = [key for key in kinds if key not in task]
    if missing:
        raise ValueError(f"not an EvalPlus task: no {', '.join(missing)}")
    for key, kind in kinds.items():
        if not isinstance(task[key], kind):
            raise ValueError(f"not an EvalPlus task: {key} is {_shown(task[key])}")
    if not task["task_id"].startswith(PREFIXES[dataset]):
        raise ValueError(
            f"task_id '{task['task_id']}' does not start with '{PREFIXES[dataset]}': "
            f"not a task of dataset '{dataset}'"
        )
    prompt = task["prompt"]
    reference = prompt + task["canonical_solution"]
    return Task(task["task_id"], task["entry_point"], reference, prompt, task["atol"])


def read_task_file(
    dataset: str, path: str | Path, parse: Callable[[dict[str, Any]], Parsed]
) -> TaskFile[Parsed]:
    """Read a benchmark's data file; ``parse`` says what is kept of a task, or raises ValueError.

    Raises:
        UserError: it is missing, gzipped or empty, or a line is no task (names file and line).
    """
    raw = read_bytes(path)
    path = Path(path).resolve()
    tasks = parse_tasks(raw, str(path), parse)
    md5 = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return TaskFile(dataset, path, md5, hashlib.sha256(raw).hexdigest(), tasks)


def parse_tasks(
    content: bytes, where: str, parse: Callable[[dict[str, Any]], Parsed]
) -> dict[str, Parsed]:
    """Return a data file's tasks by id, in order; messages start with ``where`` and the line.

    Raises:
        UserError: as ``read_task_file``.
    """
    if content.startswith(_GZIP):
        raise UserError(f"{where}: decompress it first (gzip -dk): the raw bytes are hashed")
    tasks: dict[str, Parsed] = {}
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            task = _task(line)
            if task["task_id"] in tasks:
                raise ValueError(f"task {task['task_id']} occurs twice")
            tasks[task["task_id"]] = parse(task)
        except ValueError as error:
            raise UserError(f"{where}:{number}: {error}") from error
    if not tasks:
        raise UserError(f"{where}: holds no task")
    return tasks


def _task(line: bytes) -> dict[str, Any]:
    try:
        task = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text ({error.reason})") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(task, dict):
        raise ValueError(f"not a benchmark task: expected an object, found {_shown(task)}")
    for key in ("task_id", "prompt"):
        if key not in task:
            raise ValueError(f"not a benchmark task: no {key}")
        if not isinstance(task[key], str) or not task[key].strip():
            raise ValueError(f"not a benchmark task: {key} is {_shown(task[key])}, expected a text")
    return task


def _shown(value: Any, most: int = 40) -> str:
    text = json.dumps(value)
    return text if len(text) <= most else f"{text[:most]}..."


def repeated(benchmark: TaskFile[Parsed], names: Mapping[str, str]) -> TaskFile[Parsed]:
    """Return a benchmark whose tasks stand under other names, each as often as it has names.

    A judge grades one program per name, so this is how it grades several programs of a task.

    Args:
        benchmark: what was read of the data file.
        names: name -> task id.
    """
    return replace(benchmark, tasks={name: benchmark.tasks[key] for name, key in names.items()})


def read_solutions(path: str | Path, benchmark: TaskFile[Any]) -> list[Solution]:
    """Read a samples file that holds exactly one solution of each task of the benchmark.

    Raises:
        UserError: a record is malformed, or tasks are missing, unknown or repeated.
    """
    solutions = list(read_records(path, Solution))
    given, tasks = Counter(solution.task_id for solution in solutions), set(benchmark.tasks)
    # Anything but exactly one solution per task: pass@1 over fewer is another number.
    problems = {
        "no solution of": tasks - given.keys(),
        "solutions of tasks that the data file does not have:": given.keys() - tasks,
        "more than one solution of": {name for name, count in given.items() if count > 1},
    }
    found = [f"{what} {some_of(sorted(names))}" for what, names in problems.items() if names]
    if found:
        raise UserError(
            f"{path}: {'; '.join(found)}. Every task of {benchmark.path.name} "
            f"({len(benchmark.tasks)} tasks) needs exactly one solution: generate the samples from "
            "this data file"
        )
    return solutions


def check_verdicts(
    verdicts: BenchmarkVerdicts, where: str | Path, benchmark: TaskFile[Any], samples: str | Path
) -> None:
    """Refuse verdicts (of the file ``where``) that are not of this data and these samples.

    Raises:
        UserError: names what differs, and both values.
    """
    with reading(samples):
        found = sha256_of(samples)
    origins = {
        "dataset": (verdicts.dataset, benchmark.dataset, "--dataset"),
        "data_sha256": (verdicts.data_sha256, benchmark.sha256, benchmark.path),
        "samples_sha256": (verdicts.samples_sha256, found, samples),
    }
    differ = [
        f"its {key} is {theirs}, {given} is {ours}"
        for key, (theirs, ours, given) in origins.items()
        if theirs != ours
    ]
    if differ:
        raise UserError(
            f"{where}: not the verdicts on this data and these samples: {'; '.join(differ)}; "
            "grade these samples with grade_benchmark.py"
        )


def some_of(names: Sequence[str], most: int = 5) -> str:
    """Return the first names as text, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
