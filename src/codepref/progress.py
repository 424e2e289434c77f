"""Progress that reads well both on a terminal and in a log file."""

import sys
import time
from collections.abc import Callable


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}:{rest:02d}"
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


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
    ) -> None:
        self.what, self.total, self.done = what, total, done
        self._start_done, self._every, self._clock = done, every, clock
        self._start = self._last = clock()
        self._terminal = sys.stderr.isatty()
        self._width = 0

    def advance(self, amount: int = 1, note: str = "") -> None:
        """Record that ``amount`` more are done; ``note`` is shown behind (loss, tokens/s)."""
        self.done += amount
        now = self._clock()
        interval = 0.2 if self._terminal else self._every
        if self.done >= self.total or now - self._last >= interval:
            self._last = now
            self._print(now, note)

    def _print(self, now: float, note: str) -> None:
        elapsed = max(now - self._start, 1e-9)
        fresh = self.done - self._start_done
        left = _clock(elapsed / fresh * max(self.total - self.done, 0)) if fresh else "?"
        text = f"{self.what}: {self.done}/{self.total} in {_clock(elapsed)}, {left} left"
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
