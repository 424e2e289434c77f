"""Holding a request against what it may cost: CPU time, and waiting."""

import time
from dataclasses import dataclass
from typing import Any, Protocol

from codepref.sandbox import clocks

_BLINK = 0.1  # seconds by which this process may be late without having been away


class SandboxError(Exception):
    """The sandbox itself failed (it died, or the machine is starved): not the program's fault."""


class Timeout(Exception):
    """The program used up its CPU time, or waited far longer than that for something."""


class Absent(Exception):
    """We did not watch for so long (stopped, suspended, starved) that the time is not known."""


@dataclass(frozen=True)
class Allowance:
    """What one request may cost.

    Attributes:
        cpu_seconds: CPU time of the whole process; this is what decides.
        idle_seconds: time spent neither computing nor waiting for a processor; the back-up.
    """

    cpu_seconds: float
    idle_seconds: float


class Measured(Protocol):
    """A running process as far as its times are concerned (see ``Candidate``)."""

    pid: int
    exit: Any

    def cpu_seconds(self) -> float:
        """Return the CPU time it has used so far."""

    def kill(self) -> None:
        """End it."""


class Meter:
    """Holds one request against its allowance.

    Time that passes while this process does not run (Ctrl-Z, a suspended job, a starved machine) is
    not the program's: it cannot be told what the program did when.
    """

    def __init__(self, candidate: Measured, allowance: Allowance) -> None:
        self._candidate, self._allowance = candidate, allowance
        self._began, self._cpu_began = time.monotonic(), candidate.cpu_seconds()
        self._now = self._expected = self._began  # the last look and the next one
        self._cpu = 0.0
        self._watched = self._absent = 0.0

    def cpu_used(self) -> float:
        """Return the CPU seconds that the request took so far."""
        return self._candidate.cpu_seconds() - self._cpu_began

    def patience(self) -> float:
        """Return how many seconds may pass before the next look (call after ``over``)."""
        limits = self._allowance
        seconds = min(limits.cpu_seconds - self._cpu, 1.0)
        if self._watched < limits.idle_seconds:
            seconds = min(seconds, limits.idle_seconds - self._watched)
        seconds = max(0.005, seconds)
        self._expected = self._now + seconds
        return seconds

    def over(self) -> Exception | None:
        """Return what to raise if a program that has not answered has used up its allowance."""
        self.look()
        cpu = self._cpu = self.cpu_used()
        waited = self._watched
        if cpu > self._allowance.cpu_seconds:
            return Timeout("used up its CPU time")
        if self._idle(cpu, waited) > self._allowance.idle_seconds:
            return Timeout("waited without computing")
        if waited > 40 * self._allowance.idle_seconds:
            return SandboxError(f"starved: {cpu:.2f} s of CPU time in {waited:.0f} s")
        return None

    def settle(self, more: bool = False) -> None:
        """Check the time that the answer took.

        Args:
            more: the process has gone on with the next request: its CPU time tells nothing.

        Raises:
            Timeout, Absent: it took too long, or maybe so.
        """
        cpu = self.cpu_used()
        slow = cpu > self._allowance.cpu_seconds and not more
        idle = self._idle(cpu, self._watched + self._absent) if self._absent else 0.0
        if slow or idle > self._allowance.idle_seconds:
            self._candidate.kill()
            raise Absent if self._absent else Timeout("used up its CPU time")

    def look(self) -> None:
        """Note the time: how long this process watched, and how long it could not."""
        now = self._now = time.monotonic()
        if now - self._expected > _BLINK:
            self._absent += now - self._expected
            self._expected = now
        self._watched = now - self._began - self._absent

    def _idle(self, cpu: float, wall: float) -> float:
        if wall <= self._allowance.idle_seconds:
            return 0.0  # no need to ask the kernel
        return wall - cpu - clocks.starved_seconds(self._candidate.pid)
