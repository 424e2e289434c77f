"""Grading a benchmark with EvalPlus: the ground truth, the solutions, time-outs once more."""

import contextlib
import fcntl
import hashlib
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from codepref.config import GradingConfig
from codepref.errors import UserError
from codepref.evaluation.isolation import isolated
from codepref.evaluation.tasks import Benchmark
from codepref.files import write_json
from codepref.progress import Progress
from codepref.records import BenchmarkVerdicts, GradingLimits, PartVerdict, TaskVerdict

PARTS = ["base", "plus"]


@dataclass
class GroundTruth:
    """Where a benchmark's expected outputs lie, and the tasks whose reference fails here."""

    folder: Path
    failures: dict[str, str] = field(default_factory=dict)  # task id -> reason


def grade_benchmark(
    benchmark: Benchmark,
    programs: dict[str, str],
    samples_sha256: str,
    config: GradingConfig,
    cache: Path,
    workers: int = 1,
) -> BenchmarkVerdicts:
    """Grade one program per task with EvalPlus, inside the sandbox.

    Args:
        benchmark: the data file; ``programs`` must have one program for each of its tasks.
        programs: task id -> whole program (EvalPlus's ``solution``).
        samples_sha256: of the file that the programs came from, for the record.
        config: limits, and what is known about the ground truth.
        cache: folder that keeps the ground truth per data file between gradings.
        workers: solutions graded at the same time.

    Raises:
        UserError: the ground truth fails on a task that the configuration does not name.
    """
    truth = prepare_ground_truth(benchmark, config, cache, workers)
    check_ground_truth(truth, config, benchmark)
    start = time.monotonic()
    gradable = {
        task_id: code for task_id, code in programs.items() if task_id not in truth.failures
    }
    results = grade_programs(benchmark, gradable, truth.folder, config, workers)
    broken = PartVerdict(status="fail", reason="the ground truth fails here", seconds=0.0)
    verdicts, repaired = [], set()
    for task_id in benchmark.tasks:
        parts = {part: broken for part in PARTS}
        for part in PARTS if task_id in gradable else []:
            line = results[task_id, part]
            parts[part] = part_verdict(line)
            if line["mended"]:
                repaired.add(task_id)
        verdicts.append(TaskVerdict(task_id=task_id, **parts))
    return BenchmarkVerdicts(
        dataset=benchmark.dataset,
        data_md5=benchmark.md5,
        data_sha256=benchmark.sha256,
        samples_sha256=samples_sha256,
        evalplus=version("evalplus"),
        python=platform.python_version(),
        isolation="bubblewrap",
        limits=GradingLimits(
            min_time_limit=config.min_time_limit,
            ground_truth_time_factor=config.ground_truth_time_factor,
            memory_mb=config.memory_mb,
        ),
        known_oracle_failures=sorted(truth.failures),
        repaired=sorted(repaired),
        workers=workers,
        seconds=round(time.monotonic() - start, 3),
        total=len(verdicts),
        base_solved=sum(verdict.base_solved for verdict in verdicts),
        plus_solved=sum(verdict.plus_solved for verdict in verdicts),
        tasks=verdicts,
    )


def part_verdict(line: dict[str, Any]) -> PartVerdict:
    """Return the record of one of the grader's lines."""
    return PartVerdict(
        status=line["status"],
        reason=line.get("reason"),
        failing_input=line.get("failing_input"),
        seconds=line["seconds"],
        graded_again=line.get("graded_again", False),
    )


def prepare_ground_truth(
    benchmark: Benchmark, config: GradingConfig, cache: Path, workers: int
) -> GroundTruth:
    """Compute the ground truth and grade the canonical solutions, or find both in the cache."""
    cache = cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    python = ".".join(platform.python_version_tuple()[:2])
    # Whatever the stored values depend on is in the name, so that nothing stale can be found.
    folder = cache / f"{benchmark.md5}-evalplus-{version('evalplus')}-python-{python}"
    settings = json.dumps([config.min_time_limit, config.ground_truth_time_factor])
    settings += json.dumps([config.memory_mb, config.repair_find_zero])
    checked = folder / f"canonical-{hashlib.sha256(settings.encode()).hexdigest()[:12]}.json"
    with locked(cache / f"{folder.name}.lock"):
        if not folder.is_dir():
            compute_ground_truth(benchmark, folder, workers)
        broken = dict(json.loads((folder / "manifest.json").read_text("utf-8"))["broken"])
        if not checked.is_file():
            canonical = {t.task_id: t.canonical for t in benchmark.tasks.values()}
            gradable = {k: code for k, code in canonical.items() if k not in broken}
            results = grade_programs(benchmark, gradable, folder, config, workers, "reference")
            failed = {t: f"{p}: {r['reason']}" for (t, p), r in results.items() if "reason" in r}
            write_json(checked, failed)
        return GroundTruth(folder, {**json.loads(checked.read_text("utf-8")), **broken})


def check_ground_truth(truth: GroundTruth, config: GradingConfig, benchmark: Benchmark) -> None:
    """Refuse to grade with a ground truth that fails, unless the configuration knows it does."""
    for task_id, reason in sorted(truth.failures.items()):
        print(f"ground truth of {task_id} fails here: {reason}", file=sys.stderr)
    unknown = sorted(set(truth.failures) - set(config.known_oracle_failures))
    if unknown:
        raise UserError(
            f"{benchmark.path.name}: the reference solution fails on this machine on "
            + ", ".join(f"{task_id} ({truth.failures[task_id]})" for task_id in unknown)
            + "; no solution can pass there. Mend the cause (a memory limit? grading.memory_mb), "
            "or name the tasks in grading.known_oracle_failures to count them as not solved"
        )


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock, so that parallel gradings compute a ground truth once."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def compute_ground_truth(benchmark: Benchmark, folder: Path, workers: int) -> None:
    """Compute a benchmark's ground truth into ``folder``, whole or not at all."""
    with tempfile.TemporaryDirectory(prefix=".ground-truth-", dir=folder.parent) as temporary:
        inner = Path(temporary) / "values"
        inner.mkdir()
        job = {
            "dataset": benchmark.dataset,
            "data": str(benchmark.path),
            "folder": str(inner),
            "workers": workers,
        }
        command = isolated(
            "codepref.evaluation.ground_truth",
            json.dumps(job),
            read=[benchmark.path],
            write=[inner],
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not (inner / "manifest.json").is_file():
            raise UserError(
                f"{benchmark.path}: computing the ground truth failed: {tail(done.stderr)}"
            )
        inner.rename(folder)


Results = dict[tuple[str, str], dict[str, Any]]


def grade_programs(
    benchmark: Benchmark,
    programs: dict[str, str],
    folder: Path,
    config: GradingConfig,
    workers: int,
    what: str = "",
) -> Results:
    """Grade programs; return the grader's line for each (task id, part).

    What failed by time is graded again, alone and in CPU time: the verdict then does not depend on
    what else the machine was doing. So is what has no verdict because its grader was killed.
    """
    work = [(task_id, code, PARTS) for task_id, code in programs.items()]
    progress = Progress(f"grading {what or benchmark.dataset}", 2 * len(work))
    results = run_grader(benchmark, work, folder, config, workers, "wall", progress)
    again = [
        (task_id, code, [part])
        for task_id, code in programs.items()
        for part in PARTS
        if results.get((task_id, part), {"by_time": True}).get("by_time")
    ]
    for item in again:
        task_id, _, [part] = item
        alone = run_grader(benchmark, [item], folder, config, 1, "cpu")
        lost = {"status": "fail", "reason": "ended the grading process", "seconds": 0.0}
        line = alone.get((task_id, part), {**lost, "mended": False})
        results[task_id, part] = {**line, "graded_again": True}
    return results


def run_grader(
    benchmark: Benchmark,
    work: list[tuple[str, str, list[str]]],
    folder: Path,
    config: GradingConfig,
    workers: int,
    clock: str,
    progress: Progress | None = None,
) -> Results:
    """Run one grading process in the sandbox and collect its lines."""
    job = {
        "dataset": benchmark.dataset,
        "folder": str(folder),
        "min_time_limit": config.min_time_limit,
        "ground_truth_time_factor": config.ground_truth_time_factor,
        "memory_mb": config.memory_mb,
        "repair_find_zero": config.repair_find_zero,
        "workers": max(1, min(workers, len(work))),
        "clock": clock,
        "solutions": work,
    }
    results: Results = {}
    with tempfile.TemporaryDirectory(prefix="grading-") as temporary:
        file = Path(temporary) / "job.json"
        file.write_text(json.dumps(job), encoding="utf-8")
        command = isolated("codepref.evaluation.grader", str(file), read=[file, folder], write=[])
        errors = Path(temporary) / "errors.txt"
        with (
            errors.open("w") as error_stream,
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=error_stream, text=True
            ) as process,
        ):
            assert process.stdout is not None
            for text in process.stdout:
                line = json.loads(text)
                results[line["task_id"], line["part"]] = line
                if progress is not None:
                    progress.advance()
        if process.returncode != 0 and not results:
            raise UserError(f"the grading process failed: {tail(errors.read_text())}")
    return results


def tail(text: str, lines: int = 5) -> str:
    """Return the last lines of an error output, on one line."""
    return " | ".join(text.strip().splitlines()[-lines:]) or "no message"
