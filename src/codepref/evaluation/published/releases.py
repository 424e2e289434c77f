"""What is known of EvalPlus's releases: data versions, and how verdicts changed between them."""

import re
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from codepref.evaluation.tasks import PREFIXES
from codepref.files import read_yaml
from codepref.strict import Strict

_FILE = Path(__file__).with_name("releases.yaml")
_NUMBERS = re.compile(r"\d+(-\d+)?( \d+(-\d+)?)*")

Cause = Literal[
    "oracle",
    "tolerance",
    "type",
    "python",
    "time",
    "memory",
    "tamper",
    "load",
    "data",
    "unexplained",
]
"""Why a verdict is not the published one"""


class Release(Strict):
    """One version of a data set."""

    dataset: str
    version: str
    md5: str = Field(pattern=r"^[0-9a-f]{32}$", description="of the decompressed file")
    tasks: str = Field(description="their numbers, as ranges: '0-3 7'")
    changed: dict[str, list[int]] = Field(
        default={}, description="earlier version -> tasks whose inputs differ from it"
    )

    @field_validator("tasks")
    @classmethod
    def _are_numbers(cls, text: str) -> str:
        if not _NUMBERS.fullmatch(text):
            raise ValueError("expected ranges of numbers, like '0-3 7'")
        return text

    @property
    def task_ids(self) -> frozenset[str]:
        """The ids of its tasks."""
        ids = set()
        for part in self.tasks.split():
            first, _, last = part.partition("-")
            numbers = range(int(first), int(last or first) + 1)
            ids |= {f"{PREFIXES[self.dataset]}{number}" for number in numbers}
        return frozenset(ids)


class KnownDifference(Strict):
    """A change between EvalPlus's versions that changes verdicts on some tasks."""

    dataset: str
    tasks: list[int] | None = Field(default=None, description="their numbers; None: any")
    pattern: str | None = Field(default=None, description="regular expression in the program")
    published: Literal["pass", "fail"] = Field(description="the verdict before; here the other")
    cause: Cause
    why: str
    source: str = Field(description="where the change can be seen")

    def concerns(self, dataset: str, task_id: str, published_passed: bool, program: str) -> bool:
        """Return whether it explains a verdict that was published otherwise."""
        number = int(task_id.rpartition("/")[2])
        return (
            self.dataset in (dataset, "any")
            and (self.tasks is None or number in self.tasks)
            and (self.pattern is None or re.search(self.pattern, program) is not None)
            and published_passed == (self.published == "pass")
        )


class Releases(Strict):
    """The file ``releases.yaml``."""

    releases: list[Release] = Field(description="of each data set the oldest first")
    differences: list[KnownDifference]

    def of(self, dataset: str) -> list[Release]:
        """Return the versions of a data set, the oldest first."""
        return [release for release in self.releases if release.dataset == dataset]

    def by_md5(self, md5: str) -> Release | None:
        """Return the version that a data file is, None if it is none."""
        return next((release for release in self.releases if release.md5 == md5), None)

    def fitting(self, dataset: str, task_ids: set[str]) -> list[Release]:
        """Return the versions whose tasks are nearest to these, the oldest first."""

        def distance(release: Release) -> tuple[int, int]:
            # A task too many cannot be graded; one too few was left out by whoever gave them.
            return len(task_ids - release.task_ids), len(release.task_ids - task_ids)

        candidates = self.of(dataset)
        nearest = min(map(distance, candidates))
        return [release for release in candidates if distance(release) == nearest]

    def changed(self, dataset: str, task_id: str, one: str, other: str) -> bool:
        """Return whether a task's inputs differ between two versions of its data."""
        number = int(task_id.rpartition("/")[2])
        return any(
            number in release.changed.get(two, [])
            for release in self.of(dataset)
            for two in (one, other)
            if release.version in (one, other)
        )


@cache
def known() -> Releases:
    """Return what is known."""
    return read_yaml(_FILE, Releases)
