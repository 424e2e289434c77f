"""What a run costs before it runs, and afterwards what it did cost.

The jobs come from a dry run (``scripts/plan.py``), the cost of one job of each rule from
``envs/plan_costs.yaml``: estimates that name what they assume. Measured costs come from the files
that the rules' ``benchmark:`` directives leave in ``results/<run>/usage/``.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx
from pydantic import Field

from codepref.errors import UserError
from codepref.strict import Strict
from codepref.text_table import text_table


@dataclass(frozen=True)
class Job:
    """One job of a dry run."""

    rule: str
    gpus: int
    threads: int
    usage: Path | None
    """where its ``benchmark:`` directive writes what it used"""
    depends_on: frozenset[str] = frozenset()
    """rules that have to be finished before"""
    outputs: tuple[str, ...] = ()
    """as the rule declares them"""


class Cost(Strict):
    """One job of a rule."""

    minutes: float = Field(ge=0)
    disk_gb: float = Field(ge=0)


class Hardware(Strict):
    """What a run may use at once."""

    gpus: int = Field(ge=1)
    cores: int = Field(ge=1)


class Costs(Strict):
    """``envs/plan_costs.yaml``."""

    rules: dict[str, Cost]
    others: Cost
    sampled_answer_seconds: float = Field(ge=0)
    """GPU seconds of one sampled answer to a benchmark task"""
    at_once: Hardware

    def with_samples(self, answers: int) -> "Costs":
        """Return the costs where each policy samples so many answers to benchmark tasks."""
        rule = "benchmarks_generate"
        cost = self.rules.get(rule, self.others)
        minutes = cost.minutes + answers * self.sampled_answer_seconds / 60
        rules = {**self.rules, rule: cost.model_copy(update={"minutes": minutes})}
        return self.model_copy(update={"rules": rules})


@dataclass
class Line:
    """All jobs of one rule."""

    rule: str
    jobs: int = 0
    gpus: int = 0
    gpu_hours: float = 0.0
    minutes: float = 0.0
    """wall time of this rule's jobs when as many run at once as the hardware takes"""
    disk_gb: float = 0.0
    measured: list[float] = field(default_factory=list)
    """minutes of each job that has run"""
    used_gpu_hours: float = 0.0
    small: bool = False
    """the costs have no line of its own for this rule"""


def estimate(jobs: Iterable[Job], costs: Costs) -> list[Line]:
    """Return one line per rule, in the order of ``jobs``.

    Raises:
        UserError: one job needs more GPUs than may be used at once.
    """
    grouped: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        grouped[job.rule].append(job)
    lines = []
    for rule, members in grouped.items():
        cost = costs.rules.get(rule, costs.others)
        line = Line(rule, jobs=len(members), gpus=max(job.gpus for job in members))
        line.small = rule not in costs.rules
        together = _together(rule, members, costs.at_once)
        line.minutes = -(-len(members) // together) * cost.minutes
        line.disk_gb = len(members) * cost.disk_gb
        for job in members:
            line.gpu_hours += job.gpus * cost.minutes / 60
            minutes = _measured(job.usage)
            if minutes is not None:
                line.measured.append(minutes)
                line.used_gpu_hours += job.gpus * minutes / 60
        lines.append(line)
    return lines


def wall_clock(jobs: Sequence[Job], lines: Iterable[Line]) -> float:
    """Return minutes from the first job to the last: the longest chain of rules.

    A rule is taken to start when all rules it depends on are done, so this is an upper estimate;
    waiting in the queue is not in it.
    """
    minutes = {line.rule: line.minutes for line in lines}
    graph: nx.DiGraph = nx.DiGraph()
    for job in jobs:
        for earlier in {"", *(job.depends_on & minutes.keys())} - {job.rule}:  # "": the start
            graph.add_edge(earlier, job.rule, minutes=minutes[job.rule])
    return nx.dag_longest_path_length(graph, weight="minutes")


def render(title: str, lines: Sequence[Line], minutes: float) -> str:
    """Return the table of a plan as text; columns of measured costs only if something has run."""
    measured = any(line.measured for line in lines)
    heads = ["rule", "jobs", "GPUs each", "GPU hours", "wall", "disk GB"]
    if measured:
        heads += ["measured", "used: GPU hours", "mean job"]
    rows = []
    for line in sorted(
        _without_small(lines), key=lambda line: (-line.gpu_hours, -line.minutes, line.rule)
    ):
        row = [line.rule, str(line.jobs), str(line.gpus or "-")]
        row += [f"{line.gpu_hours:.1f}", _duration(line.minutes), f"{line.disk_gb:.1f}"]
        if measured:
            mean = sum(line.measured) / len(line.measured) if line.measured else None
            row += [str(len(line.measured)), f"{line.used_gpu_hours:.1f}"]
            row.append("-" if mean is None else _duration(mean))
        rows.append(row)
    total = ["total", str(sum(line.jobs for line in lines)), ""]
    total += [f"{sum(line.gpu_hours for line in lines):.1f}", _duration(minutes)]
    total.append(f"{sum(line.disk_gb for line in lines):.1f}")
    if measured:
        total.append(str(sum(len(line.measured) for line in lines)))
        total += [f"{sum(line.used_gpu_hours for line in lines):.1f}", ""]
    return text_table(heads, [rows, [total]], title)


def _without_small(lines: Sequence[Line]) -> list[Line]:
    """Return the lines with all small rules as one."""
    kept = [line for line in lines if not line.small]
    small = [line for line in lines if line.small]
    if small:
        others = Line(f"{len(small)} small rules", gpus=max(line.gpus for line in small))
        for line in small:
            others.jobs += line.jobs
            others.gpu_hours += line.gpu_hours
            others.minutes = max(others.minutes, line.minutes)
            others.disk_gb += line.disk_gb
            others.measured += line.measured
            others.used_gpu_hours += line.used_gpu_hours
        kept.append(others)
    return kept


def _together(rule: str, jobs: Sequence[Job], hardware: Hardware) -> int:
    gpus, threads = max(job.gpus for job in jobs), max(job.threads for job in jobs)
    if gpus > hardware.gpus or threads > hardware.cores:
        raise UserError(
            f"one job of {rule} asks for {gpus} GPUs and {threads} cores, more than the "
            f"{hardware.gpus} and {hardware.cores} that envs/plan_costs.yaml (at_once) has; "
            "change it, or compute in your configuration"
        )
    by_gpus = hardware.gpus // gpus if gpus else len(jobs)
    return max(1, min(by_gpus, hardware.cores // max(threads, 1), len(jobs)))


def _measured(usage: Path | None) -> float | None:
    if usage is None or not usage.exists():
        return None
    with usage.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return sum(float(row["s"]) for row in rows) / 60 if rows else None


def _duration(minutes: float) -> str:
    if minutes < 1:
        return f"{minutes * 60:.0f} s"
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h"
