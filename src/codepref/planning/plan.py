"""The tables of ``make plan``: what a run costs before it runs, and afterwards what it did cost."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.planning.memory import training_memory
from codepref.planning.schedule import Cost, Job, simulate
from codepref.planning.work import Setting, Work
from codepref.progress import duration_text
from codepref.text_table import text_table

MACHINES = (1, 4, 8, 64)
"""numbers of GPUs whose wall time the plan tells"""


def cores_of(cores: int) -> str:
    """Return the number of cores as text."""
    return "1 core" if cores == 1 else f"{cores} cores"


@dataclass
class Line:
    """All jobs of one rule."""

    rule: str
    jobs: int = 0
    gpus: int = 0
    gpu_hours: float = 0.0
    minutes: float = 0.0
    """of all its jobs together"""
    disk_gb: float = 0.0
    """that they leave"""
    measured: list[float] = field(default_factory=list)
    """minutes of each job that has run"""
    used_gpu_hours: float = 0.0
    small: bool = False
    """there is no estimate for this rule alone"""


def estimate(jobs: Sequence[Job], work: Work) -> list[Line]:
    """Return one line per rule, in the order of ``jobs``."""
    lines: dict[str, Line] = {}
    for job in jobs:
        line = lines.setdefault(job.rule, Line(job.rule, small=job.rule not in work.priced))
        cost = work.cost(job)
        line.jobs += 1
        line.gpus = max(line.gpus, job.gpus)
        line.gpu_hours += job.gpus * cost.seconds / 3600
        line.minutes += cost.seconds / 60
        line.disk_gb += cost.leaves_gb
        minutes = measured_minutes(job.usage)
        if minutes is not None:
            line.measured.append(minutes)
            line.used_gpu_hours += job.gpus * minutes / 60
    return list(lines.values())


def render(title: str, lines: Sequence[Line]) -> str:
    """Return the table of a plan as text; columns of measured costs only if something has run."""
    measured = any(line.measured for line in lines)
    heads = ["rule", "jobs", "GPUs each", "GPU hours", "one job", "leaves GB"]
    if measured:
        heads += ["have run", "used: GPU hours", "one took"]
    rows = []
    for line in sorted(
        _without_small(lines), key=lambda line: (-line.gpu_hours, -line.minutes, line.rule)
    ):
        row = [line.rule, str(line.jobs), str(line.gpus or "-"), f"{line.gpu_hours:.1f}"]
        row += [duration_text(60 * line.minutes / line.jobs), f"{line.disk_gb:.1f}"]
        if measured:
            mean = sum(line.measured) / len(line.measured) if line.measured else None
            row += [str(len(line.measured)), f"{line.used_gpu_hours:.1f}"]
            row.append("-" if mean is None else duration_text(60 * mean))
        rows.append(row)
    total = ["total", str(sum(line.jobs for line in lines)), ""]
    total += [f"{sum(line.gpu_hours for line in lines):.1f}", ""]
    total.append(f"{sum(line.disk_gb for line in lines):.1f}")
    if measured:
        total.append(str(sum(len(line.measured) for line in lines)))
        total += [f"{sum(line.used_gpu_hours for line in lines):.1f}", ""]
    return text_table(heads, [rows, [total]], title)


def cpu_table(jobs: Sequence[Job], work: Work) -> str:
    """Return what a run takes on one machine without a GPU, as text: by rule, and all together.

    What has run is told beside it, in core-hours: its jobs' time on the cores that they were given.
    """
    cores = work.setting.cores
    lines = sorted(_without_small(estimate(jobs, work)), key=lambda line: -line.minutes)
    used = {rule: hours for rule, hours in core_hours_used(jobs, cores).items() if hours}
    rows = []
    for line in lines:
        row = [line.rule, str(line.jobs), duration_text(60 * line.minutes / line.jobs)]
        row += [f"{line.minutes:.0f}", f"{line.disk_gb:.1f}"]
        if used:
            row += [str(len(line.measured)), f"{sum(line.measured):.0f}"]
            row.append(f"{used.get(line.rule, 0):.1f}")
        rows.append(row)
    total = [str(sum(line.jobs for line in lines)), "", f"{sum(one.minutes for one in lines):.0f}"]
    total.append(f"{sum(line.disk_gb for line in lines):.1f}")
    heads = ["rule", "jobs", "one job", "minutes", "leaves GB"]
    if used:
        heads += ["have run", "took: minutes", "core-hours"]
        total.append(str(sum(len(line.measured) for line in lines)))
        total.append(f"{sum(sum(line.measured) for line in lines):.0f}")
        total.append(f"{sum(used.values()):.1f}")
    title = f"Without a GPU, on {cores_of(cores)}"
    table = text_table(heads, [rows, [["total", *total]]], title)
    return f"{table}\n\n{price(jobs, work)[0]}"


def core_hours_used(jobs: Sequence[Job], cores: int) -> dict[str, float]:
    """Return what the jobs that have run took, by rule: hours times the cores they were given."""
    found: dict[str, float] = defaultdict(float)
    for job in jobs:
        found[job.rule] += min(job.threads, cores) * (measured_minutes(job.usage) or 0.0) / 60
    return found


def price(jobs: Sequence[Job], work: Work) -> tuple[str, float]:
    """Return what a run costs, in a sentence, and its most disk at any moment in 10^9 bytes.

    It is simulated job by job: with GPUs on as many as its largest job takes.
    """
    gpus = max(job.gpus for job in jobs)
    cores = work.costs.cores_per_gpu * gpus or work.setting.cores
    # Snakemake cuts threads to the cores that it is given.
    cut = [replace(job, threads=min(job.threads, cores)) for job in jobs]
    schedule = simulate(cut, [work.cost(job) for job in jobs], gpus, cores)
    where = f"on {gpus} x {work.gpu.label}" if gpus else f"on {cores_of(cores)}, without a GPU"
    hours = sum(map(work.gpu_hours, jobs))
    core_hours = sum(job.threads * work.cost(job).seconds for job in cut) / 3600
    parts = [
        f"{duration_text(schedule.seconds)} {where}",
        f"{hours:.1f} GPU hours" if gpus else f"{core_hours:.1f} core-hours",
    ]
    parts.append(f"at most {schedule.peak_disk_gb:.1f} GB of disk")
    return f"Estimate: {', '.join(filter(None, parts))}.", schedule.peak_disk_gb


def stage_seconds(jobs: Sequence[Job], work: Work) -> dict[str, Any]:
    """Return what a run is expected to take, as ``workflow.pace.StageSeconds`` has it."""
    lines = estimate(jobs, work)
    rules = {one.rule: {"jobs": one.jobs, "seconds": 60 * one.minutes / one.jobs} for one in lines}
    wall = sum(60 * one.minutes for one in lines)
    return {"measured": "expected, not measured (make plan)", "wall": wall, "rules": rules}


def machine_table(jobs: Sequence[Job], work: Work, machines: Sequence[int] = MACHINES) -> str:
    """Return wall time and peak disk on different numbers of GPUs, by simulating the run."""
    costs = [work.cost(job) for job in jobs]
    hours = sum(job.gpus * cost.seconds for job, cost in zip(jobs, costs, strict=True)) / 3600
    rows = [_machine(jobs, costs, gpus, hours, work.costs.cores_per_gpu) for gpus in machines]
    heads = ["GPUs", "wall", "GPU hours", "GPUs busy", "peak disk GB"]
    title = "The whole run, simulated job by job, without waiting in a queue"
    return text_table(heads, [rows], title)


def _machine(
    jobs: Sequence[Job], costs: Sequence[Cost], gpus: int, hours: float, cores_per_gpu: int
) -> list[str]:
    cores = max(cores_per_gpu * gpus, *(job.threads for job in jobs))
    try:
        schedule = simulate(jobs, costs, gpus, cores)
    except UserError:
        most = max(jobs, key=lambda job: job.gpus)
        return [str(gpus), f"{most.rule} takes {most.gpus} GPUs", "-", "-", "-"]
    busy = hours * 3600 / (gpus * schedule.seconds)
    wall = duration_text(schedule.seconds)
    return [str(gpus), wall, f"{hours:.1f}", f"{busy:.0%}", f"{schedule.peak_disk_gb:.0f}"]


def memory_table(setting: Setting) -> str:
    """Return what one training of each model takes, and whether that fits, as text."""
    gpu, gpus = setting.costs.of_gpu(setting.gpu), max(setting.config.compute.train.gpus, 1)
    rows = [_memory_row(setting, model) for model in sorted(setting.architectures)]
    heads = ["model", "10^9\nparameters", "GPU GB", f"{gpu.label}?", "smallest that fits"]
    heads += ["host GB", "job"]
    title = (
        f"Memory of a full DPO training on {gpus} GPU{'s' if gpus > 1 else ''} (FSDP2), rows of "
        f"{setting.config.training.of('dpo').max_length} tokens"
    )
    return text_table(heads, [rows], title)


def _memory_row(setting: Setting, model: str) -> list[str]:
    compute, gpu = setting.config.compute.train, setting.costs.of_gpu(setting.gpu)
    size, settings = setting.architectures[model], setting.config.training.of("dpo")
    peak = training_memory(
        *(size, max(compute.gpus, 1), settings.max_length, 2 * settings.per_device_batch_size),
        checkpointing=settings.gradient_checkpointing != "never",
    )
    kinds = sorted(setting.costs.gpus.values(), key=lambda kind: kind.memory_gb)
    smallest = next((kind.label for kind in kinds if kind.memory_gb >= peak.gpu), "none")
    asked = compute.request_mb / 1000
    row = [model, f"{size.parameters / 1e9:.2f}", f"{peak.gpu:.0f}"]
    row += [_fit(peak.gpu, gpu.memory_gb, f"on {gpu.memory_gb:.0f} GB"), smallest]
    return [*row, f"{peak.host:.0f}", _fit(peak.host, asked, f"in the {asked:.0f} asked for")]


def _fit(needed: float, there: float, what: str) -> str:
    return f"fits {what}" if needed <= there else f"does not fit {what}"


def corrections(
    jobs: Sequence[Job], run: Path, finished: Path, work: Work
) -> Mapping[tuple[str, str], float]:
    """Return by how much a finished run's jobs took longer than planned, by rule and model.

    Args:
        jobs: of the run that is planned; the finished run has some of them, perhaps cut otherwise.
        run: its folder.
        finished: the folder of the finished run.
        work: prices of the finished run.

    Raises:
        UserError: nothing of it was measured.
    """
    compute = work.config.compute
    planned: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    seen: set[Path] = set()
    for job in jobs:
        for path, wildcards in _usage_files(job, run, finished):
            minutes = None if path in seen else measured_minutes(path)
            if minutes is None:
                continue
            seen.add(path)
            gpus = (compute.train if job.rule in _TRAIN_RULES else compute.generate).gpus
            there = replace(job, wildcards=wildcards, gpus=gpus if job.gpus else 0)
            for model in {"", there.wildcards.get("model", "")}:
                found = planned[job.rule, model]
                found[0] += 60 * minutes
                found[1] += work.planned_seconds(there)
    if not planned:
        raise UserError(f"{finished}: no job of this plan was measured there (its folder usage)")
    return {key: took / expected for key, (took, expected) in planned.items() if expected}


_TRAIN_RULES = {"policies_train", "policies_train_online", "references_score"}


def _usage_files(job: Job, run: Path, finished: Path) -> list[tuple[Path, dict[str, str]]]:
    """Return where a finished run has what a job's counterparts used, and their wildcards."""
    if job.usage is None:
        return []
    path = finished / job.usage.relative_to(run)
    item = job.wildcards.get("scatteritem")
    if item is None:
        return [(path, dict(job.wildcards))]
    return [
        (one, {**job.wildcards, "scatteritem": one.stem})
        for one in sorted(path.parent.glob("*-of-*.tsv"))
    ]


def measured_minutes(usage: Path | None) -> float | None:
    """Return the minutes in a file of a ``benchmark:`` directive; None: the job has not run."""
    if usage is None or not usage.exists():
        return None
    with usage.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return sum(float(row["s"]) for row in rows) / 60 if rows else None


def _without_small(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with all small rules as one."""
    kept = [line for line in lines if not line.small]
    small = [line for line in lines if line.small]
    if small:
        others = Line(f"{len(small)} small rules", gpus=max(line.gpus for line in small))
        for line in small:
            others.jobs += line.jobs
            others.gpu_hours += line.gpu_hours
            others.minutes += line.minutes
            others.disk_gb += line.disk_gb
            others.measured += line.measured
            others.used_gpu_hours += line.used_gpu_hours
        kept.append(others)
    return kept
