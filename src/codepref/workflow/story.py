"""What a run says on the terminal: one line per job, in the words of the experiment.

Events come from Snakemake (``snakemake_logger_plugin_codepref``), lines go back; no line is wider
than ``WIDTH``, and a whole run of the demo stays well under 150 lines.
"""

import re
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepref.progress import clock_text
from codepref.workflow.pace import StageSeconds, progress_of, seconds_left

WIDTH = 80
STAGES = {
    "problems": (
        "problems_",
        "synthesis_",
        "pilot_select",
        "benchmarks_fetch",
        "benchmarks_window",
    ),
    "models": ("models_",),
    "samples": ("samples_", "pilot_draw"),
    "verdicts": ("executions_", "pilot_execute"),
    "pairs": ("pairs_", "rated_"),
    "training": ("references_", "policies_"),
    "answers": ("benchmarks_generate",),
    "grading": ("benchmarks_", "reranking_"),
    "rewards": ("rewards_",),
    "preflight": ("preflight_",),
    "report": (
        "tables_",
        "claims_",
        "own_claims_",
        "figures_",
        "report_",
        "config_",
        "workflow_",
    ),
}
"""The parts of the story in its order, and how the names of their rules begin."""

STOPPED = ("stopped by Ctrl-C", "KeyboardInterrupt")
"""what ends a job's log that Ctrl-C reached (``codepref.cli.run``; before that: Python itself)"""
_COUNT = re.compile(r"(?:^|: )(\d+)/(\d+) in .*")
# How our scripts tell what a job did: "mine: 50 problems", "8 of 50 problems kept", "AUC 0.61 [".
# Whatever else is in a log may be a library's.
_OWN = re.compile(
    r"^(?:[\w.+-]+: |answers of [\w.+-]+: )?(?:accuracy |AUC )?\d[\d.,]*(?:/\d+)?%? [a-z(\[]"
)
_LAST_BYTES = 20_000
_FEWEST_SECONDS = 60.0  # between two lines on running jobs
_LINES_PER_RUN = 8  # at most so many of them; as many more, however long a run takes


@dataclass
class _Job:
    rule: str
    wildcards: dict[str, str]
    log: Path | None
    start: float
    stopped: bool = False

    @property
    def name(self) -> str:
        """What is done to what: the rule's verb and its wildcards."""
        stage, _, verb = self.rule.partition("_")
        if not self.wildcards and "_" not in verb:
            return f"{verb} {stage}".strip()
        verb = verb.replace("_", " ")
        values = [
            f"seed {value}" if name == "seed" else value
            for name, value in self.wildcards.items()
            if (name, value) != ("seed", "0")
        ]
        return " ".join([verb, *values])


@dataclass
class Story:
    """Makes lines of a run's events.

    Attributes:
        measured: what such a run took once; None: no time left is told.
        clock: seconds, for the time that jobs take.
    """

    measured: StageSeconds | None = None
    clock: Callable[[], float] = time.monotonic
    _waiting: Counter[str] = field(default_factory=Counter)
    _finished: Counter[str] = field(default_factory=Counter)
    _running: dict[int, _Job] = field(default_factory=dict)
    _failed: list[_Job] = field(default_factory=list)
    _start: float | None = None
    _last: float = 0.0
    _interrupted: bool = False

    # --- Events ---------------------------------------------------------------------------------

    def planned(self, jobs: Mapping[str, int]) -> list[str]:
        """Take how many jobs of each rule there are; return the lines that say so."""
        self._waiting = Counter({rule: n for rule, n in jobs.items() if rule not in _NO_JOBS})
        if not self._total:
            return []
        parts: Counter[str] = Counter()
        for rule, number in self._waiting.items():
            parts[stage_of(rule)] += number
        text = ", ".join(f"{stage} {parts[stage]}" for stage in STAGES if parts[stage])
        left = self._left(self.clock())
        return wrapped(f"{self._total} jobs: {text}" + (f"; {left}" if left else ""))

    def started(self, job: int, rule: str, wildcards: Mapping[str, Any], log: list[str]) -> None:
        """Note that a job begins."""
        if rule in _NO_JOBS:
            return
        now = self.clock()
        if self._start is None:
            self._start = self._last = now
        values = {name: str(value) for name, value in wildcards.items()}
        self._running[job] = _Job(rule, values, Path(log[0]) if log else None, now)

    def finished(self, job: int) -> list[str]:
        """Return the line of a job that has ended well: counts, what it said, its time."""
        ended = self._running.pop(job, None)
        if ended is None:
            return []
        now = self._last = self.clock()
        self._finished[ended.rule] += 1
        self._waiting[ended.rule] -= 1
        said = said_by(ended.log)
        for value in ended.wildcards.values():  # named already
            said = said.removeprefix(f"{value}: ")
        text = f"{ended.name}: {said}" if said else ended.name
        return [self._line(ended.rule, text, clock_text(now - ended.start), now)]

    def failed(self, job: int, message: str = "") -> list[str]:
        """Return the lines of a job that has failed: what its script said, where its log is."""
        ended = self._running.pop(job, None)
        if ended is None:
            return []
        last = tail(ended.log)
        ended.stopped = self._interrupted or any(line.startswith(STOPPED) for line in last)
        self._failed.append(ended)
        if ended.stopped:
            return wrapped(_stopped(ended, last))
        lines = wrapped(f"FAILED: {ended.name}, after {clock_text(self.clock() - ended.start)}")
        for line in [*last_words(last), *message.splitlines()]:
            lines += wrapped(f"  {line}", "    ")
        return [*lines, *wrapped(f"  its log: {ended.log}", "    ")]

    def interrupted(self) -> None:
        """Note that the user wants the run to end: jobs that fail now are not at fault."""
        self._interrupted = True

    def waits(self, terminal: bool = False) -> list[str]:
        """Return a line on the job that runs longest, if it is time for one.

        Args:
            terminal: there the line is rewritten, and always due.
        """
        now = self.clock()
        if not self._running or (not terminal and now - self._last < self._pause(now)):
            return []
        self._last = now
        job = min(self._running.values(), key=lambda one: one.start)
        more = f" and {len(self._running) - 1} more" if len(self._running) > 1 else ""
        count = _count(tail(job.log))
        text = f"{job.name}{f': {count}' if count else ''}{more}"
        return [self._line(job.rule, text, f"{clock_text(now - job.start)} so far", now, "...")]

    def ended(self) -> list[str]:
        """Return the last lines: whether all is done, else what is kept and how to go on."""
        done, now = self._finished.total(), self.clock()
        if not self._total:
            return []
        took = clock_text(now - (now if self._start is None else self._start))
        if done == self._total:
            return [f"all {done} jobs are done, in {took}"]
        failed = sum(not job.stopped for job in self._failed)
        why = f"{failed} failed (above)" if failed else "stopped"
        lines = [line for job in self._running.values() for line in wrapped(_stopped(job))]
        return lines + wrapped(
            f"{why}; {done} of {self._total} jobs are done and kept, and what others had saved "
            "so far. Run the same command again to go on."
        )

    # --- Lines ----------------------------------------------------------------------------------

    @property
    def _total(self) -> int:
        return self._finished.total() + self._waiting.total()

    def _line(self, rule: str, text: str, took: str, now: float, mark: str = "") -> str:
        stage = stage_of(rule)
        done = sum(n for name, n in self._finished.items() if stage_of(name) == stage)
        of_stage = done + sum(n for name, n in self._waiting.items() if stage_of(name) == stage)
        number = mark or f"{self._finished.total()}/{self._total}"
        width = 2 * len(str(self._total)) + 1
        head = f"{number:>{width}} {stage} {done}/{of_stage}"
        left = self._left(now)
        end = f"{took}, {left}" if left else took
        return fitted(f"{head:<{width + 16}}{text}", end)

    def _left(self, now: float) -> str:
        if self.measured is None or not self._waiting.total():
            return ""
        running: dict[str, float] = {}
        for job in self._running.values():
            share = progress_of(
                self.measured.of(job.rule), now - job.start, _share(_count(tail(job.log)))
            )
            running[job.rule] = running.get(job.rule, 0.0) + share
        elapsed = now - (now if self._start is None else self._start)
        seconds = seconds_left(self.measured, self._finished, running, self._waiting, elapsed)
        return left_text(seconds)

    def _pause(self, now: float) -> float:
        elapsed = now - (now if self._start is None else self._start)
        whole = elapsed if self.measured is None else self.measured.wall
        late = max(1.0, elapsed / whole) if whole else 1.0
        return max(_FEWEST_SECONDS, whole * late**2 / _LINES_PER_RUN)


_NO_JOBS = ("all", "total")


def stage_of(rule: str) -> str:
    """Return the part of the story that a rule belongs to; a rule of the user is in the last."""
    return next((stage for stage, names in STAGES.items() if rule.startswith(names)), "report")


def left_text(seconds: float) -> str:
    """Return about how long it takes until the end."""
    if seconds < 90:
        return "a minute left"
    if seconds < 100 * 60:
        return f"{round(seconds / 60)} min left"
    return f"{seconds / 3600:.1f} h left"


def fitted(text: str, end: str) -> str:
    """Return one line of ``WIDTH`` columns at most with ``end`` at its right; text is cut."""
    room = WIDTH - len(end) - 2
    if len(text) > room:
        text = text[: room - 1].rstrip() + "…"
    return f"{text:<{room}}  {end}"


def tail(log: Path | None) -> list[str]:
    """Return the last lines of a job's log; none if there is no such file."""
    if log is None:
        return []
    try:
        with log.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - _LAST_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = re.split(r"[\r\n]+", "".join(c for c in text if c.isprintable() or c in "\r\n"))
    return [line for line in lines if line.strip()]


def said_by(log: Path | None) -> str:
    """Return the last line that a job itself wrote into its log; empty if there is none."""
    own = [line for line in tail(log) if _OWN.search(line) and not _COUNT.search(line)]
    return own[-1].strip() if own else ""


def last_words(lines: list[str]) -> list[str]:
    """Return why a job failed: its message for the user, else the end of its log."""
    starts = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    return lines[starts[-1] :][:12] if starts else lines[-12:]


def _stopped(job: _Job, lines: list[str] | None = None) -> str:
    """Return how far a job came that Ctrl-C ended."""
    at = _count(tail(job.log) if lines is None else lines)
    return f"stopped: {job.name}{f' at {at}' if at else ''}"


def _count(lines: list[str]) -> str:
    """Return how far a job is, ``412/512``, from its log's lines; empty if it does not say."""
    found = [match for line in lines[-40:] if (match := _COUNT.search(line)) and int(match[2])]
    return f"{found[-1][1]}/{found[-1][2]}" if found else ""


def _share(count: str) -> float | None:
    done, _, total = count.partition("/")
    return int(done) / int(total) if total and int(total) else None


def wrapped(text: str, indent: str = "  ") -> list[str]:
    """Return a text as lines of ``WIDTH`` columns at most, the later ones indented."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
