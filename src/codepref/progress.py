"""Progress that reads well both on a terminal and in a log file."""

import sys
import time
from collections.abc import Callable


def clock_text(seconds: float) -> str:
    """Return a duration as minutes and seconds, or hours: ``3:20``, ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, of_hour = divmod(minutes, 60)
    return f"{hours}:{of_hour:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def duration_text(seconds: float) -> str:
    """Return a duration in one unit: ``9 s``, ``65 min``, ``11.6 h``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


class Progress:
    """Counts work done and prints how far it is, how fast, and how long it will take.

    On a terminal one line is rewritten; elsewhere a plain line is printed at most every
    ``every`` seconds and at the end, so that logs stay short.
    """

    def __init__(
        self,
        what: str,
        total: int,
        done: int = 0,
        every: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
        rate: bool = False,
    ) -> None:
        self.what, self.total, self.done = what, total, done
        self._start_done, self._every, self._clock = done, every, clock
        self._start = self._last = clock()
        self._shows_rate = rate
        self._terminal = sys.stderr.isatty()
        self._width = 0

    def advance(self, amount: int = 1, note: str = "", fresh: bool = True) -> None:
        """Record that ``amount`` more are done.

        Args:
            amount: how many.
            note: is shown behind (loss, tokens/s).
            fresh: they were done now; else they were done before, and say nothing about the rate.
        """
        self.done += amount
        now = self._clock()
        if not fresh:
            if self.done - amount == self._start_done:  # none was fresh so far
                self._start = now
            self._start_done += amount
        interval = 0.2 if self._terminal else self._every
        if self.done >= self.total or now - self._last >= interval:
            self._last = now
            self._print(now, note)

    def _print(self, now: float, note: str) -> None:
        elapsed = max(now - self._start, 1e-9)
        fresh = self.done - self._start_done
        ahead = max(self.total - self.done, 0)
        left = clock_text(elapsed / fresh * ahead) if fresh else "?" if ahead else "0:00"
        text = f"{self.what}: {self.done}/{self.total} in {clock_text(elapsed)}, {left} left"
        if fresh and self._shows_rate:
            text += f", {fresh / elapsed:.2g} a second"
        text += f", {note}" if note else ""
        if self._terminal:
            end = "\n" if self.done >= self.total else ""
            print(f"\r{text:<{self._width}}", end=end, file=sys.stderr, flush=True)
            self._width = len(text)
        else:
            print(text, file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Print a line for the user on standard error: in a job that is its log."""
    print(text, file=sys.stderr, flush=True)
