"""What changed in the results: the same statistics as between a policy and its base."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from codepref.comparison.runs import Rates, Row, Run
from codepref.tables.differences import Pairing, pair
from codepref.tables.layout import (
    Table,
    Text,
    change_text,
    discordant,
    few_notes,
    number,
    p_text,
    plural,
)
from codepref.tables.statistics import SIGNIFICANCE

MOST_NAMED = 30


@dataclass(frozen=True)
class Compared:
    """One row that both runs have, on the tasks and at the seeds that both have."""

    row: Row
    pairing: Pairing | None
    """None: they have no task, or no seed, in common"""
    alone: tuple[int, int]
    """tasks that only the first run has, and only the second"""

    @cached_property
    def gained(self) -> list[str]:
        """The tasks that the second run solves more often."""
        return self._where(1)

    @cached_property
    def lost(self) -> list[str]:
        """The tasks that the second run solves less often."""
        return self._where(-1)

    def _where(self, sign: int) -> list[str]:
        if self.pairing is None:
            return []
        change = self.pairing.differences.mean(axis=1).round(12)
        return [str(task) for task in change.index[sign * change > 0]]


def compared(first: Run, second: Run) -> tuple[list[Compared], list[tuple[str, Row]]]:
    """Compare every row that both runs have.

    Returns:
        The comparisons; and the rows that one run has alone, as A or B.
    """
    before, after = first.rates(), second.rates()
    both = [row for row in before if row in after]
    alone = [("A", row) for row in before if row not in after]
    alone += [("B", row) for row in after if row not in before]
    clusters: dict[str, dict[str, str]] = {}
    for _, _, benchmark, _ in both:
        clusters[benchmark] = second.clusters(benchmark) | first.clusters(benchmark)
    found = [_compared(row, before[row], after[row], clusters[row[2]]) for row in both]
    return found, alone


def _compared(row: Row, first: Rates, second: Rates, known: Mapping[str, str]) -> Compared:
    old, new = first.table, second.table
    tasks = sorted(set(old.index) & set(new.index))
    alone = len(old) - len(tasks), len(new) - len(tasks)
    clusters = pd.Series({task: known.get(task, task) for task in tasks}, dtype=object)
    samples = first.samples, second.samples
    return Compared(row, pair(old.loc[tasks], new.loc[tasks], clusters, samples), alone)


def summary(found: Sequence[Compared]) -> str:
    """Say in a sentence how many differences are beyond chance."""
    pairings = [one.pairing for one in found if one.pairing]
    above, below = (sum(one.direction == sign for one in pairings) for sign in (1, -1))
    return (
        f"Of {plural(len(pairings), 'comparison')}, B is above A beyond chance in {above} and "
        f"below in {below} (p < {SIGNIFICANCE:g}, not adjusted for their number)."
    )


def result_table(found: Sequence[Compared]) -> Table:
    """Lay out every difference with its interval and test."""
    header = ["Model", "Method", "Benchmark", "Answers", "Seeds", "Tasks", "A %", "B %"]
    header += ["B − A, points", "Gained, lost", "p"]
    groups: dict[str, list[list[Text]]] = {}
    for one in found:
        model, method, benchmark, answers = one.row
        if one.pairing is None:
            cells = ["–", "0", *["–"] * 5]
        else:
            change = one.pairing
            sides = (100 * float(side.to_numpy().mean()) for side in (change.old, change.new))
            cells = [
                *(" ".join(map(str, change.seeds)), str(change.tasks), *map(number, sides)),
                *(change_text(change), discordant(change), p_text(change.p_value).lstrip("p= ")),
            ]
        kind = answers if answers == "greedy" or one.pairing is None else _drawn(one.pairing)
        groups.setdefault(model, []).append([*map(Text, (model, method, benchmark, kind, *cells))])
    notes = [
        "Paired by task, on the tasks and at the training seeds that both runs have, with 95% "
        "intervals as in Tables 1 and 2; p of the sign-flip permutation test, unadjusted. Gained "
        "and lost: tasks that B solves more, or less, often than A (means over seeds).",
        *few_notes(groups.values()),
        *(
            f"{' '.join(one.row)}: {plural(one.alone[0], 'task')} only in A and {one.alone[1]} "
            "only in B, left out."
            for one in found
            if any(one.alone)
        ),
        *(f"{' '.join(one.row)}: nothing in common." for one in found if one.pairing is None),
    ]
    return Table("results", "Results", header, list(groups.values()), notes, text_columns=4)


def _drawn(change: Pairing) -> str:
    return f"{' and '.join(map(str, dict.fromkeys(change.samples)))} samples"


def task_lines(found: Sequence[Compared], most: int | None = MOST_NAMED) -> list[str]:
    """Name the tasks gained and lost of each row of greedy answers; ``most`` of each, None: all."""
    lines = []
    for one in found:
        if one.row[3] != "greedy" or one.pairing is None:
            continue
        parts = []
        for word, tasks in (("gained", one.gained), ("lost", one.lost)):
            named = ", ".join(tasks[:most])
            left = f" and {len(tasks) - most} more" if most and len(tasks) > most else ""
            parts.append(f"{word} {len(tasks)}" + (f" ({named}{left})" if tasks else ""))
        lines.append(f"{' '.join(one.row[:3])}: {', '.join(parts)}")
    return lines


def alone_lines(alone: Sequence[tuple[str, Row]]) -> list[str]:
    """Name the rows that one run has alone."""
    return [f"{' '.join(row)}: only in {name}" for name, row in alone]
