"""What an execution run found and where its time went, as a table for people."""

import time
from collections import Counter, defaultdict
from typing import get_args

from codepref.records import Execution, VerdictClass
from codepref.sandbox.verdicts import reward_of
from codepref.text_table import text_table


class Summary:
    """Counts verdicts and the time they took, from its making on."""

    def __init__(self, workers: int, isolation: str) -> None:
        self._workers, self._isolation, self._began = workers, isolation, time.monotonic()
        self.counts: Counter[str] = Counter()
        self.last_infra_message = ""
        self._cpu: defaultdict[str, float] = defaultdict(float)
        self._busy: defaultdict[str, float] = defaultdict(float)
        self._tampered = self._weak = self._checked = 0

    def add(self, execution: Execution) -> None:
        """Count one verdict."""
        name = execution.verdict
        self.counts[name] += 1
        self._cpu[name] += execution.cpu_seconds
        self._busy[name] += execution.wall_seconds
        self._tampered += execution.tampered
        self._weak += execution.weak
        self._checked += execution.checker is not None
        if name == "infra_error":
            self.last_infra_message = execution.message or ""

    def table(self) -> str:
        """Return the table."""
        elapsed = max(time.monotonic() - self._began, 1e-9)
        total = sum(self.counts.values())
        header = ("verdict", "samples", "share", "reward", "CPU s", "worker s")
        rows = []
        for name in get_args(VerdictClass):
            if count := self.counts[name]:
                reward = "none" if name == "infra_error" else f"{reward_of(name):+.1f}"
                times = f"{self._cpu[name]:.1f}", f"{self._busy[name]:.1f}"
                rows.append((name, str(count), f"{count / total:.1%}", reward, *times))
        cpu, busy = sum(self._cpu.values()), sum(self._busy.values())
        everything = ("all", str(total), "", "", f"{cpu:.1f}", f"{busy:.1f}")
        capacity = elapsed * self._workers
        lines = [
            text_table(header, [rows, [everything]]),
            f"{total} samples in {elapsed:.1f} s: {total / elapsed:.1f} per second with "
            f"{self._workers} workers; isolation: {self._isolation}",
            f"worker time: {cpu / capacity:.0%} programs computing, "
            f"{max(busy - cpu, 0) / capacity:.0%} starting, waiting and comparing, "
            f"{max(capacity - busy, 0) / capacity:.0%} idle",
        ]
        if self._tampered or self._weak:
            lines.append(f"{self._tampered} tampered with; {self._weak} judged by asserts (weaker)")
        if self._checked:
            lines.append(f"{self._checked} of problems whose own checker judges")
        return "\n".join(lines)
