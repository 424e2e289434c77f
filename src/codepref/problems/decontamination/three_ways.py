"""Which problems are benchmark tasks: by text, by code and by behaviour."""

from collections.abc import Iterable, Sequence

from codepref.problems.decontamination.behaviour import behavioural_matches
from codepref.problems.decontamination.contamination import (
    CodeOverlap,
    Contamination,
    Task,
    TextOverlap,
)
from codepref.problems.decontamination.subjects import Unchecked
from codepref.problems.settings import ProblemsConfig
from codepref.records import Problem
from codepref.sandbox.settings import ExecutionConfig


def find_contaminated(
    records: Iterable[Problem],
    solved: Iterable[Problem],
    total: int,
    tasks: Sequence[Task],
    config: ProblemsConfig,
    unchecked: Unchecked,
    execution: ExecutionConfig,
) -> list[Contamination]:
    """Return which problems are benchmark tasks, by chance or not.

    Args:
        records: all that is said of the problems: their text and code is compared.
        solved: the problems with the reference solutions to run.
        total: how many problems these are, for the progress shown.
        tasks: of the benchmarks.
        config: the thresholds.
        unchecked: gets the ids of what cannot be compared by behaviour, by reason.
        execution: of the sandbox.
    """
    tasks = list(tasks)
    ways = (TextOverlap(tasks, config.overlap_words), CodeOverlap(tasks, config.code_similarity))
    found = [hit for record in records for way in ways for hit in way.find(record)]
    if config.behavioural_inputs:
        least = config.behavioural_inputs
        found += behavioural_matches(solved, tasks, least, unchecked, execution, total)
    return found
