"""What an execution run found and where its time went, as a table for people."""

import threading
import time
from collections import Counter, defaultdict
from typing import get_args

from codepref.records import Execution, VerdictClass
from codepref.sandbox.verdicts import reward_of
from codepref.text_table import text_table


class Spent:
    """The time of the programs that were really run; equal ones that share a run count once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.runs = 0
        self.cpu: defaultdict[str, float] = defaultdict(float)
        """CPU seconds of the programs, by verdict class"""
        self.busy: defaultdict[str, float] = defaultdict(float)
        """seconds that a worker was at work on them, by verdict class"""

    def add(self, execution: Execution, seconds: float) -> None:
        """Count one run, which took a worker some seconds."""
        with self._lock:
            self.runs += 1
            self.cpu[execution.verdict] += execution.cpu_seconds
            self.busy[execution.verdict] += seconds


class Summary:
    """Counts verdicts, beside the time that was spent on them since it was made."""

    def __init__(self, workers: int, isolation: str, spent: Spent) -> None:
        self._workers, self._isolation, self._began = workers, isolation, time.monotonic()
        self._spent = spent
        self.counts: Counter[str] = Counter()
        self.last_infra_message = ""
        self._tampered = self._weak = self._checked = 0

    def add(self, execution: Execution) -> None:
        """Count one verdict."""
        name = execution.verdict
        self.counts[name] += 1
        self._tampered += execution.tampered
        self._weak += execution.weak
        self._checked += execution.checker is not None
        if name == "infra_error":
            self.last_infra_message = execution.message or ""

    def table(self) -> str:
        """Return the table."""
        spent, elapsed = self._spent, max(time.monotonic() - self._began, 1e-9)
        total = sum(self.counts.values())
        header = ("verdict", "samples", "share", "reward", "CPU s", "worker s")
        rows = []
        for name in get_args(VerdictClass):
            if count := self.counts[name]:
                reward = "none" if name == "infra_error" else f"{reward_of(name):+.1f}"
                times = f"{spent.cpu[name]:.1f}", f"{spent.busy[name]:.1f}"
                rows.append((name, str(count), f"{count / total:.1%}", reward, *times))
        cpu, busy = sum(spent.cpu.values()), sum(spent.busy.values())
        everything = ("all", str(total), "", "", f"{cpu:.1f}", f"{busy:.1f}")
        # A program of several threads can use more CPU time than its worker's own.
        capacity = max(elapsed * self._workers, busy)
        computing, working = (round(100 * part / capacity) for part in (min(cpu, busy), busy))
        lines = [
            text_table(header, [rows, [everything]]),
            f"{total} samples in {elapsed:.1f} s: {total / elapsed:.1f} per second with "
            f"{self._workers} workers; {spent.runs} programs run, equal ones once; isolation: "
            f"{self._isolation}",
            f"worker time: {computing}% programs computing, {working - computing}% starting, "
            f"waiting and comparing, {100 - working}% idle",
        ]
        if self._tampered or self._weak:
            lines.append(f"{self._tampered} tampered with; {self._weak} judged by asserts (weaker)")
        if self._checked:
            lines.append(f"{self._checked} of problems whose own checker judges")
        return "\n".join(lines)
