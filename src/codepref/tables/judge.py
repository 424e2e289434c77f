"""The table of how often a judge that runs nothing prefers what our executor calls wrong."""

from collections.abc import Mapping
from typing import Any

from codepref.pairs.judge_agreement import Agreement
from codepref.pairs.rated import RatedStatistics
from codepref.tables.layout import RenderedTable, Table, Text, bracket, few_notes, number, plural

NAME = "judge"
_HEADER = [
    *("Ratings", "Preference", "Instructions with tests", "Right beside wrong"),
    *("Prefers the wrong one %", "Rates both alike %", "Pairs", "Chosen fails %"),
    "Rejected passes %",
]
_NOTES = [
    "Of instructions that are a problem of this run, sign by sign: the responses were run on its "
    "tests. Right beside wrong: two responses to one instruction, of which one passes every test "
    "and the other does not. In brackets: 95% Wilson interval; too narrow, as comparisons of one "
    "problem are alike.",
    "Pairs: by the ratings, highest against lowest (Weyssow et al. 2024), where both were run.",
]


def judge_table(
    found: Mapping[str, Mapping[str, Agreement]], statistics: Mapping[str, RatedStatistics]
) -> RenderedTable:
    """Lay out the agreement of each source of rated pairs.

    Args:
        found: by source and preference.
        statistics: what was imported, by source.
    """
    groups = [
        [_row(source, preference, one) for preference, one in of.items()]
        for source, of in found.items()
    ]
    notes = [*_NOTES, *few_notes(groups), *map(_imported, statistics.values())]
    title = "How often the judge prefers what fails its tests"
    records = [
        _record(source, preference, one)
        for source, of in found.items()
        for preference, one in of.items()
    ]
    return RenderedTable(NAME, Table(NAME, title, _HEADER, groups, notes), None, records)


def _row(source: str, preference: str, one: Agreement) -> list[Text]:
    shares = [
        _share(one.prefers_wrong, one.comparisons, one),
        _share(one.alike, one.comparisons),
        Text(str(one.pairs)),
        _share(one.chosen_wrong, one.pairs),
        _share(one.rejected_right, one.pairs),
    ]
    names = [source, preference, str(len(one.rows)), str(one.comparisons)]
    return [*map(Text, names), *shares]


def _share(count: int, total: int, one: Agreement | None = None) -> Text:
    if not total:
        return Text("–")
    ends = one and one.interval
    shown = tuple(number(100 * end) for end in ends) if ends else None
    behind = f" {bracket(shown, len(one.problems))}" if one else ""
    return Text(number(100 * count / total) + behind)


def _record(source: str, preference: str, one: Agreement) -> dict[str, Any]:
    low, high = one.interval or (None, None)
    return {
        "ratings": source,
        "preference": preference,
        "rows": len(one.rows),
        "problems": len(one.problems),
        "comparisons": one.comparisons,
        "prefers_right": one.prefers_right,
        "prefers_wrong": one.prefers_wrong,
        "alike": one.alike,
        "share": None if one.share is None else round(one.share, 4),
        "low": None if low is None else round(low, 4),
        "high": None if high is None else round(high, 4),
        "pairs": one.pairs,
        "chosen_wrong": one.chosen_wrong,
        "rejected_right": one.rejected_right,
    }


def _imported(statistics: RatedStatistics) -> str:
    left_out = ", ".join(f"{why}: {count}" for why, count in statistics.left_out.items())
    unfit = statistics.unfit_responses
    signs = f" {unfit} responses with a model's special signs are in no pair." if unfit else ""
    ambiguous = statistics.ambiguous_rows
    several = f" {plural(ambiguous, 'row')} with several statements: not run." if ambiguous else ""
    return (
        f"{statistics.source}: {statistics.rows} rows, {statistics.pairs} pairs to train on, "
        f"{statistics.rows_with_tests} rows with tests.{several} "
        f"Left out: {left_out or 'none'}.{signs}"
    )
