"""Jobs of a run, and when each would run on so many GPUs: wall time and peak disk."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import networkx as nx

from codepref.errors import UserError


@dataclass(frozen=True)
class Job:
    """One job of a dry run."""

    rule: str
    gpus: int
    threads: int
    usage: Path | None = None
    """where its ``benchmark:`` directive writes what it used"""
    inputs: tuple[str, ...] = ()
    """as the rule declares them"""
    outputs: tuple[str, ...] = ()
    """as the rule declares them"""
    wildcards: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Cost:
    """What one job takes.

    Attributes:
        seconds: wall time.
        leaves_gb: disk that its outputs take.
        works_gb: disk that it takes only while it runs.
        temporary: whether its outputs go when the jobs that read them are done.
    """

    seconds: float
    leaves_gb: float = 0.0
    works_gb: float = 0.0
    temporary: bool = False


@dataclass(frozen=True)
class Schedule:
    """How a run would go, without waiting in a queue.

    Attributes:
        seconds: from the first job's start to the last one's end.
        peak_disk_gb: the most disk at any moment.
        starts: when each job starts, in seconds, in the order of the jobs.
    """

    seconds: float
    peak_disk_gb: float
    starts: tuple[float, ...]


def simulate(jobs: Sequence[Job], costs: Sequence[Cost], gpus: int, cores: int) -> Schedule:
    """Run the jobs in the order of the longest chain of work that still hangs on each.

    Args:
        jobs: all jobs of a run.
        costs: of each of them.
        gpus: how many may be used at once.
        cores: likewise.

    Raises:
        UserError: one job alone needs more.
    """
    for job in jobs:
        if job.gpus > gpus or job.threads > cores:
            raise UserError(
                f"one job of {job.rule} asks for {job.gpus} GPUs and {job.threads} cores, more "
                f"than {gpus} and {cores}; lower compute in the configuration"
            )
    return _Simulation(jobs, costs, gpus, cores).run()


class _Simulation:
    """The state of a simulated run."""

    def __init__(self, jobs: Sequence[Job], costs: Sequence[Cost], gpus: int, cores: int) -> None:
        self.jobs, self.costs, self.gpus, self.cores = jobs, costs, gpus, cores
        self.graph = graph_of(jobs)
        self.rank = _ranks(self.graph, lambda number: costs[number].seconds)
        self.waiting = {number: self.graph.in_degree(number) for number in self.graph}
        self.readers = {number: self.graph.out_degree(number) for number in self.graph}
        self.starts = [0.0] * len(jobs)
        self.disk = self.peak = 0.0

    def run(self) -> Schedule:
        now, done = 0.0, 0
        ready = sorted((n for n, left in self.waiting.items() if not left), key=self._order)
        running: list[tuple[float, int]] = []
        while done < len(self.jobs):
            ready = [number for number in ready if not self._start(number, now, running)]
            now, number = heapq.heappop(running)
            done += 1
            self._end(number)
            for later in self.graph.successors(number):
                self.waiting[later] -= 1
                if not self.waiting[later]:
                    ready.append(later)
            ready.sort(key=self._order)
        return Schedule(now, self.peak, tuple(self.starts))

    def _order(self, number: int) -> tuple[float, int]:
        return -self.rank[number], number

    def _start(self, number: int, now: float, running: list[tuple[float, int]]) -> bool:
        """Start a job if there is room; return whether it was."""
        job, cost = self.jobs[number], self.costs[number]
        if job.gpus > self.gpus or job.threads > self.cores:
            return False
        self.gpus, self.cores = self.gpus - job.gpus, self.cores - job.threads
        self.disk += cost.leaves_gb + cost.works_gb
        self.peak = max(self.peak, self.disk)
        self.starts[number] = now
        heapq.heappush(running, (now + cost.seconds, number))
        return True

    def _end(self, number: int) -> None:
        job = self.jobs[number]
        self.gpus, self.cores = self.gpus + job.gpus, self.cores + job.threads
        self.disk -= self.costs[number].works_gb
        for earlier in self.graph.predecessors(number):
            self.readers[earlier] -= 1
            if not self.readers[earlier] and self.costs[earlier].temporary:
                self.disk -= self.costs[earlier].leaves_gb


def graph_of(jobs: Sequence[Job]) -> nx.DiGraph:
    """Return who needs whose outputs, as numbers of jobs."""
    made_by = {path: number for number, job in enumerate(jobs) for path in job.outputs}
    graph: nx.DiGraph = nx.DiGraph()
    graph.add_nodes_from(range(len(jobs)))
    for number, job in enumerate(jobs):
        needed = {made_by[path] for path in job.inputs if path in made_by} - {number}
        graph.add_edges_from((earlier, number) for earlier in needed)
    return graph


def _ranks(graph: nx.DiGraph, seconds: Callable[[int], float]) -> dict[int, float]:
    """Return the longest chain of work from each job to the end, in seconds."""
    ranks: dict[int, float] = {}
    for number in reversed(list(nx.topological_sort(graph))):
        after = max((ranks[later] for later in graph.successors(number)), default=0.0)
        ranks[number] = seconds(number) + after
    return ranks
