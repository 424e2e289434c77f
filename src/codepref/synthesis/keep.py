"""Which of the written problems count: no copies, no benchmark tasks; and why not the others."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.files import write_records
from codepref.problems.decontamination.contamination import Task
from codepref.problems.decontamination.three_ways import find_contaminated
from codepref.problems.merge import deduplicate
from codepref.problems.settings import ProblemsConfig, SynthesisedSource
from codepref.records import Problem
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.records import Candidate, Seed
from codepref.synthesis.references import agreements, is_answerable, wrong_tests
from codepref.synthesis.wording import EXAMPLE

RESTATED = "its seed in other words: the seed's solution answers all of its tests"
COPY = "near copy of a collected problem"
AGAIN = "near copy of another written problem"
TASK = "benchmark task"
OVER = "over the source's limit"


_SHOWN = {"id": "prompt/example", "statement": EXAMPLE}  # as a problem that others may copy


@dataclass
class Kept:
    """What is left of the candidates.

    Attributes:
        problems: those that count, in the order of the seeds.
        skipped: how many do not, by reason.
        controls: how many tests of the controls are wrong (``references.wrong_tests``).
        variations: problems with their seed's signature: how many, their tests, and to how many of
            these the seed's reference gives the same answer.
        tasks: which are benchmark tasks, and what shows it.
    """

    problems: list[Problem]
    skipped: Counter[str] = field(default_factory=Counter)
    controls: dict[str, Any] = field(default_factory=dict)
    variations: dict[str, int] = field(default_factory=dict)
    tasks: list[dict[str, Any]] = field(default_factory=list)

    def drop(self, reason: str, ids: Callable[[], Iterable[str]]) -> None:
        """Leave out what ``ids`` finds, for a reason that is counted."""
        out = set(ids()) if self.problems else set()
        self.skipped[reason] += len(out)
        self.problems = [one for one in self.problems if one.id not in out]


def keep(
    candidates: Sequence[Candidate],
    seeds: Mapping[str, Seed],
    collected: Sequence[str | Path],
    tasks: Sequence[Task],
    source: SynthesisedSource,
    config: ProblemsConfig,
    execution: ExecutionConfig,
) -> Kept:
    """Return the candidates that count, and why the others do not.

    Args:
        candidates: of all seeds.
        seeds: what they were made from, by their id.
        collected: files of the problems that none may be a copy of.
        tasks: of the benchmarks, which none may be; whatever ``decontaminate`` says, since nothing
            is lost here that cannot be written anew.
        source: its limit.
        config: when problems are alike.
        execution: of the sandbox.

    Raises:
        UserError: a candidate is of no seed, no isolation works here, or a file is malformed.
        SandboxError: the sandbox failed several times over.
    """
    for one in candidates:
        if one.id not in seeds:
            raise UserError(f"candidate {one.id} is of no seed; choose the seeds and write again")
    written = [one for one in candidates if not one.control]
    kept = Kept([one.problem for one in written if one.problem is not None])
    kept.skipped.update(one.reason for one in written if one.problem is None)
    kept.controls = wrong_tests(candidates, seeds, execution)
    kept.drop(RESTATED, lambda: _restated(kept, seeds, execution))
    copies = _copies(kept.problems, collected, config)
    kept.drop(COPY, lambda: copies[COPY])
    kept.drop(AGAIN, lambda: copies[AGAIN])
    kept.drop(TASK, lambda: _benchmark_tasks(kept, tasks, config, execution))
    kept.drop(
        OVER, lambda: [one.id for one in kept.problems[source.limit :]] if source.limit else []
    )
    kept.skipped = +kept.skipped  # without zeros
    return kept


def _restated(kept: Kept, seeds: Mapping[str, Seed], execution: ExecutionConfig) -> list[str]:
    known = [one for one in kept.problems if is_answerable(seeds[one.id], one)]
    pairs = [(seeds[one.id].problem, one) for one in known]
    found = list(agreements([(first, one) for first, one in pairs if first], execution))
    kept.variations = {
        "problems": len(found),
        "tests": sum(one.tests for one in found),
        "as the seed": sum(one.right for one in found),
    }
    return [one.id for one, said in zip(known, found, strict=True) if said.right == said.tests]


def _copies(
    problems: Sequence[Problem], collected: Sequence[str | Path], config: ProblemsConfig
) -> dict[str, list[str]]:
    """Return the ids of near copies: of collected problems, and of other written ones."""
    found: dict[str, list[str]] = {COPY: [], AGAIN: []}
    with tempfile.TemporaryDirectory() as folder:
        written, shown = Path(folder) / "written.jsonl", Path(folder) / "shown.jsonl"
        write_records(written, problems)
        write_records(shown, [one.model_copy(update=_SHOWN) for one in problems[:1]])
        merged = deduplicate([*collected, shown, written], config)
    groups: dict[str, list[str]] = defaultdict(list)
    for one in merged.duplicates:
        groups[one.kept].append(one.problem)
    mine = {one.id for one in problems}
    for first, others in groups.items():
        members = [first, *others]
        alone = mine.issuperset(members)
        found[AGAIN if alone else COPY] += [
            one for one in members if one in mine and not (alone and one == first)
        ]
    return found


def _benchmark_tasks(
    kept: Kept, tasks: Sequence[Task], config: ProblemsConfig, execution: ExecutionConfig
) -> list[str]:
    if not tasks:
        return []
    problems = kept.problems
    unchecked: dict[str, list[str]] = defaultdict(list)  # the merge counts these
    count = len(problems)
    found = find_contaminated(problems, problems, count, tasks, config, unchecked, execution)
    sure = [one for one in found if not one.by_chance]
    kept.tasks = [vars(one) for one in sure]
    return [one.problem for one in sure]
