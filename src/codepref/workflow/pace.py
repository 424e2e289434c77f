"""How long a run will take: measured seconds of its jobs, scaled by the pace of this machine."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, PositiveFloat, PositiveInt

from codepref.files import read_yaml
from codepref.strict import Strict

_TRUST = 0.05  # as much as this share of the whole run counts the measured pace, beside this run's
_NEARLY = 0.95  # a running job is no further than this, until it has ended


class RuleSeconds(Strict):
    """What the jobs of one rule took.

    Attributes:
        jobs: how many there were.
        seconds: of one, in the mean.
    """

    jobs: PositiveInt
    seconds: float = Field(ge=0)


class StageSeconds(Strict):
    """What a whole run took (``maintenance/measure_stages.py``).

    Attributes:
        measured: on which machine, when, which run.
        wall: seconds from the first job to the last one's end.
        rules: by rule. Jobs that ran side by side add up to more than ``wall``.
    """

    measured: str
    wall: PositiveFloat
    rules: dict[str, RuleSeconds]

    @property
    def pace(self) -> float:
        """Seconds of wall time for each second of a job."""
        return self.wall / sum(rule.jobs * rule.seconds for rule in self.rules.values())

    def of(self, rule: str) -> float:
        """Return the seconds of a rule's job; of a rule that was not measured, a short one's."""
        return self.rules[rule].seconds if rule in self.rules else 1.0


def read_seconds(path: str | Path) -> StageSeconds:
    """Read what ``measure_stages.py`` wrote.

    Raises:
        UserError: it cannot be read or is malformed.
    """
    return read_yaml(Path(path), StageSeconds)


def progress_of(expected: float, elapsed: float, done: float | None) -> float:
    """Return which share of a running job is done.

    Args:
        expected: seconds it takes as measured.
        elapsed: seconds since its start.
        done: the share as the job itself says, if it does.
    """
    share = elapsed / expected if done is None and expected else done or 0.0
    return min(share, _NEARLY)


def seconds_left(
    measured: StageSeconds,
    finished: Mapping[str, int],
    running: Mapping[str, float],
    waiting: Mapping[str, int],
    elapsed: float,
) -> float:
    """Return the seconds that are left of the whole run.

    The measured pace counts at first; the more of the run is done, the more its own.

    Args:
        measured: what such a run took once.
        finished: how many jobs of each rule have ended.
        running: by rule, the shares of its running jobs that are done, added up.
        waiting: how many jobs of each rule have not ended, running ones included.
        elapsed: seconds since the first job began.
    """
    done = sum(number * measured.of(rule) for rule, number in finished.items())
    done += sum(share * measured.of(rule) for rule, share in running.items())
    total = done + sum(number * measured.of(rule) for rule, number in waiting.items())
    total -= sum(share * measured.of(rule) for rule, share in running.items())
    trust = _TRUST * total
    pace = (elapsed + trust * measured.pace) / (done + trust) if total else 0.0
    return (total - done) * pace
