"""Grading the answers of a release again; comparing verdict by verdict with the shipped ones."""

import hashlib
import json
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.cli import flags
from codepref.config import Config
from codepref.errors import UserError
from codepref.evaluation.sampled_records import SampledVerdicts
from codepref.files import read_record, read_records, read_text, write_text
from codepref.gradings import BenchmarkVerdicts
from codepref.provenance.record import ROOT, released_run
from codepref.records import Execution
from codepref.seeds import evenly_spaced
from codepref.tables.inputs import read_config
from codepref.workflow.job_graph import JobGraph
from codepref.workflow.task_windows import tasks_file

Verdict = tuple[str, str, str]
"""on what: the problem or task, and which answer to it; the verdict"""


@dataclass(frozen=True)
class Grading:
    """One file of verdicts: by which script, from what."""

    script: str
    tasks: str
    answers: str
    output: str
    options: str
    read: Callable[[Path], Iterator[Verdict]]
    md5: str | None = None
    """of the tasks, where the configuration pins them; None: it does not"""


@dataclass(frozen=True)
class Regraded:
    """A file of verdicts that was made again."""

    name: str
    verdicts: int
    differences: list[str]


def gradings_of(config: Config) -> list[Grading]:
    """Return the gradings of a run, in the order of its stages."""
    graph = JobGraph(config)
    programs = [
        *((f"samples/{model}.jsonl", f"executions/{model}.jsonl") for model in graph.models),
        *(
            (f"rated/{name}.samples.jsonl", f"rated/{name}.executions.jsonl")
            for name in config.rated_sources
        ),
    ]
    found = [
        Grading(
            "run_executions.py --problems",
            "problems/all.jsonl",
            samples,
            output,
            flags(config.execution),
            executions,
        )
        for samples, output in programs
    ]
    for model, method, seed in graph.rows:
        for names, script, suffixes, read in (
            (graph.greedy, "grade_benchmark.py", ("samples.jsonl", "verdicts.json"), greedy),
            (
                graph.sampled,
                "grade_sampled.py",
                ("sampled.jsonl", "sampled_verdicts.json"),
                sampled,
            ),
        ):
            answers, verdicts = suffixes
            for name in names:
                stem = f"benchmarks/{model}/{method}/seed{seed}/{name}"
                dataset = config.benchmarks[name].dataset
                tasks = Path(tasks_file(config, graph.run, model, name)).relative_to(graph.run)
                found.append(
                    Grading(
                        f"{script} --dataset {dataset} --cache ground_truth --data",
                        tasks.as_posix(),
                        f"{stem}.{answers}",
                        f"{stem}.{verdicts}",
                        flags(config.grading),
                        read,
                        getattr(config.benchmarks[name].data, "md5", None),
                    )
                )
    return found


def executions(path: Path) -> Iterator[Verdict]:
    """Yield the verdict on each sample of a problem."""
    for one in read_records(path, Execution):
        yield one.problem_id, str(one.index), one.verdict


def greedy(path: Path) -> Iterator[Verdict]:
    """Yield the verdict on each task's greedy answer, base and plus tests."""
    for one in read_record(path, BenchmarkVerdicts).tasks:
        yield one.task_id, "greedy", f"{one.base.status}, plus {one.plus.status}"


def sampled(path: Path) -> Iterator[Verdict]:
    """Yield the verdict on each sampled answer to a task."""
    for one in read_record(path, SampledVerdicts).samples:
        base, plus = ("passed" if passed else "failed" for passed in (one.base, one.plus))
        failure = f", {one.failure}" if one.failure else ""
        yield one.task_id, str(one.index), f"base {base}, plus {plus}{failure}"


def regrade(release: Path, folder: Path, workers: int, tasks: int | None) -> Iterator[Regraded]:
    """Grade all answers of a release again, file by file; yield how the verdicts compare.

    Args:
        release: unpacked.
        folder: where to; an empty one.
        workers: programs at work at the same time.
        tasks: so many of each benchmark's tasks, and of the problems, evenly spread; None: all.

    Raises:
        UserError: the release lacks answers or verdicts, or a grading failed.
    """
    source = released_run(release)
    for one in gradings_of(read_config(source / "config.json")):
        lines = _lines(source / one.tasks)
        if one.md5 and _md5_of(source / one.tasks) != one.md5:
            raise UserError(f"{source / one.tasks}: not the tasks that the configuration pins")
        names = list(lines)
        chosen = evenly_spaced(names, tasks) if tasks else names
        write_text(folder / one.tasks, "".join(lines[name][0] for name in chosen))
        answers = _lines(source / one.answers)
        kept = [line for name in chosen for line in answers.get(name, [])]
        if not kept:
            continue
        write_text(folder / one.answers, "".join(kept))
        _run(one, folder, workers)
        before = by_answer(one, source, set(chosen) if tasks else None)
        after = by_answer(one, folder, None)
        differences = [
            f"{' '.join(name)}: shipped {before.get(name, 'none')}, now {after.get(name, 'none')}"
            for name in sorted(before.keys() | after.keys())
            if before.get(name) != after.get(name)
        ]
        yield Regraded(one.output, len(before.keys() | after.keys()), differences)


def by_answer(one: Grading, run: Path, tasks: set[str] | None) -> dict[tuple[str, str], str]:
    """Return the verdicts of a file by task and answer; of some tasks, if they are named.

    Raises:
        UserError: there are two on one answer.
    """
    found: dict[tuple[str, str], str] = {}
    for task, answer, verdict in one.read(run / one.output):
        if (task, answer) in found:
            raise UserError(f"{run / one.output}: two verdicts on {task} {answer}")
        if tasks is None or task in tasks:
            found[task, answer] = verdict
    return found


def _md5_of(path: Path) -> str:
    """Return what the configuration knows EvalPlus's data by."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _lines(path: Path) -> dict[str, list[str]]:
    """Return the lines of a JSONL file by the task or problem that they are of."""
    found: dict[str, list[str]] = {}
    for text in read_text(path).removesuffix("\n").split("\n"):
        line = f"{text}\n"
        record: dict[str, Any] = json.loads(line)
        name = record.get("task_id") or record.get("problem_id") or record["id"]
        found.setdefault(name, []).append(line)
    return found


def _run(one: Grading, folder: Path, workers: int) -> None:
    script, *options = one.script.split()
    command = [sys.executable, str(ROOT / "scripts" / script), *options, one.tasks]
    command += ["--samples", one.answers, "--output", one.output, "--workers", str(workers)]
    done = subprocess.run(
        [*command, *shlex.split(one.options)], cwd=folder, capture_output=True, text=True
    )
    if done.returncode:
        raise UserError(f"{script} on {one.answers}: {done.stderr.strip() or done.stdout.strip()}")
