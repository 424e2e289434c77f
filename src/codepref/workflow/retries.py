"""What the next attempt of a failed job asks for: more only of what it ran out of.

Snakemake gives a rule's resource functions the number of the attempt, whatever the failure was. A
job that lost its node then asks for twice as much as before, perhaps more than any node has, and
never returns. Where the scheduler's state is known, the number carries what was lacking.
"""

from dataclasses import dataclass
from typing import SupportsIndex

OUT_OF_MEMORY = {"OUT_OF_MEMORY", "FAILED"}
"""States after which memory grows: a killed child process leaves only a failed job."""
OUT_OF_TIME = {"TIMEOUT", "DEADLINE"}


class Attempt(int):
    """The number of an attempt, from 1, with how many before it ran out of memory and of time."""

    out_of_memory: int
    out_of_time: int

    def __new__(cls, number: int, out_of_memory: int, out_of_time: int) -> "Attempt":
        """Return the attempt; an int has no other constructor."""
        made = super().__new__(cls, number)
        made.out_of_memory, made.out_of_time = out_of_memory, out_of_time
        return made

    def __add__(self, more: SupportsIndex) -> "Attempt":
        """Return a later attempt after the same failures: Snakemake counts with ``+= 1``."""
        return Attempt(int(self) + int(more), self.out_of_memory, self.out_of_time)

    def failed(self, state: str) -> "Attempt":
        """Return this attempt with its end, as the scheduler names it, counted."""
        return Attempt(
            int(self),
            self.out_of_memory + (state in OUT_OF_MEMORY),
            self.out_of_time + (state in OUT_OF_TIME),
        )


def ended(attempt: int, state: str | None) -> int:
    """Return a job's attempt with how it ended; None: not known, perhaps it was not submitted."""
    if state is None:
        return attempt
    known = Attempt(attempt, memory_failures(attempt), time_failures(attempt))
    return known.failed(state)


@dataclass(frozen=True)
class Growth:
    """A request that grows by its first amount with each failure for want of it, up to a limit.

    Attributes:
        first: what the first attempt asks for.
        limit: what no attempt may exceed; a scheduler refuses a job that no node can run.
    """

    first: int
    limit: int

    def after(self, failures: int) -> int:
        """Return what is asked for after so many failures."""
        return max(self.first, min(self.first * (1 + failures), self.limit))


def memory_failures(attempt: int) -> int:
    """Return how many attempts before this one may have run out of memory."""
    return attempt.out_of_memory if isinstance(attempt, Attempt) else attempt - 1


def time_failures(attempt: int) -> int:
    """Return how many attempts before this one may have run out of time."""
    return attempt.out_of_time if isinstance(attempt, Attempt) else attempt - 1
