"""The yield of pairs beside how often a "chosen" is wrong, and the curve that this comes from."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_records
from codepref.pairs.label_noise import (
    EVERY_SOURCE,
    LEAST_PROBLEMS,
    LEAST_SAMPLES,
    Point,
    WrongChosen,
    curve,
    records,
    wrong_chosen,
)
from codepref.records import Execution, Pair, Problem, read_problems
from codepref.tables.inputs import add_files, read_statistics
from codepref.tables.layout import RenderedTable, Table, Text

NAME = "label_noise"
_COUNTS = {
    "mixed": "Some passed",
    "all_passed": "All passed",
    "all_failed": "All failed",
    "no_samples": "No samples",
    "too_few_tests": "Too few tests",
}
_UNKNOWN = "too few problems with enough tests"
_NOTES = [
    "Wrong “chosen”, found by more such tests: of samples that pass as many tests as the pair's "
    "problem has, the share that fails the rest (table below), mean over the pairs, taken at the "
    "largest number of tests in that table that the problem has. It tells errors that more tests "
    "of the same making find. Errors of which no such test tells are not in it, and problems with "
    "few tests may have more of them: read some of the chosen programs, too.",
    f"A share stands for other problems if it is of at least {LEAST_PROBLEMS} problems and "
    f"{LEAST_SAMPLES} samples. Where a source's own problems are too few, those of all sources "
    "stand in (marked *).",
]


def add_noise_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--problems --executions --pairs``; the last two in the same order of models."""
    parser.add_argument("--problems", type=Path, required=True, help="problems/all.jsonl")
    add_files(parser, "--executions", "executions/<model>.jsonl")
    add_files(parser, "--pairs", "pairs/<model>.jsonl, in the order of the executions")


def noise_table(
    arguments: argparse.Namespace, config: Config
) -> tuple[RenderedTable, list[dict[str, Any]]]:
    """Lay out yield and label noise from what ``add_noise_options`` and ``--statistics`` name.

    Returns:
        The table, whose CSV file is the curve; and the lines of the overview as data.

    Raises:
        UserError: a file is missing or malformed, or they do not belong together.
    """
    problems = read_problems(arguments.problems)
    statistics = {item["model"]: item for item in read_statistics(config, arguments.statistics)}
    overview: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    if len(arguments.executions) != len(arguments.pairs):
        raise UserError("--executions and --pairs: one file of each for every model")
    for executions, drawn in zip(arguments.executions, arguments.pairs, strict=True):
        pairs = list(read_records(drawn, Pair))
        model = pairs[0].model if pairs else ""
        if model not in statistics:
            raise UserError(f"{drawn}: no pairs of a model that --statistics has")
        points = curve(problems, read_records(executions, Execution))
        lines += records(model, points)
        overview += _yields(statistics[model], problems, pairs, points)
    return RenderedTable(NAME, _overview(config, overview), _curve(config, lines), lines), overview


def _yields(
    statistics: Mapping[str, Any],
    problems: Mapping[str, Problem],
    pairs: Sequence[Pair],
    points: Sequence[Point],
) -> list[dict[str, Any]]:
    expected = {found.source: found for found in wrong_chosen(points, problems, pairs)}
    groups = {**dict(sorted(statistics["by_source"].items())), EVERY_SOURCE: statistics["problems"]}
    lines = []
    for source, counts in groups.items():
        sizes = [
            len(problems[pair.problem_id].tests)
            for pair in pairs
            if source in (EVERY_SOURCE, problems[pair.problem_id].source)
        ]
        found = expected.get(source) or WrongChosen(source, 0, None, None, None, False)
        lines.append(
            {
                "model": statistics["model"],
                "source": source,
                "problems": counts.get("problems", counts.get("total")),
                **{name: counts.get(name, 0) for name in _COUNTS},
                "pairs": found.pairs,
                "tests_median": median(sizes) if sizes else None,
                "wrong_chosen": _rounded(found.share),
                "low": _rounded(found.low),
                "high": _rounded(found.high),
                "curve": EVERY_SOURCE if found.borrowed else source,
            }
        )
    return lines


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _overview(config: Config, lines: Sequence[Mapping[str, Any]]) -> Table:
    counts = {key: name for key, name in _COUNTS.items() if any(line[key] for line in lines)}
    header = ["Model", "Source", "Problems", *counts.values(), "Pairs", "Tests (median)"]
    groups: dict[str, list[list[Text]]] = {}
    for line in lines:
        if line["wrong_chosen"] is not None:
            mark = "*" if line["curve"] != line["source"] else ""
            noise = Text(f"{line['wrong_chosen']:.1%}{mark}", secondary=_interval(line))
        else:
            noise = Text(_UNKNOWN if line["pairs"] else "no pairs")
        tests = "" if line["tests_median"] is None else f"{line['tests_median']:g}"
        texts = [config.models[line["model"]].label, line["source"], str(line["problems"])]
        texts += [str(line[key]) for key in counts]
        groups.setdefault(line["model"], []).append(
            [*map(Text, [*texts, str(line["pairs"]), tests]), noise]
        )
    return Table(
        NAME,
        "Pairs by source, and how often more tests find “chosen” wrong",
        [*header, "Wrong “chosen”, found by more such tests"],
        list(groups.values()),
        _NOTES,
    )


def _curve(config: Config, lines: Sequence[Mapping[str, Any]]) -> Table:
    groups: dict[str, list[list[Text]]] = {}
    for line in lines:
        if line["pass_first"]:
            texts = [config.models[line["model"]].label, line["source"]]
            texts += [str(line[name]) for name in ("tests_seen", "problems", "pass_first")]
            few = f"too few: {line['problems']}"
            interval = few if line["low"] is None else _interval(line)
            share = Text(f"{line['share']:.1%}", secondary=interval)
            groups.setdefault(line["model"], []).append(
                [*map(Text, [*texts, str(line["fail_rest"])]), share]
            )
    return Table(
        f"{NAME}-curve",
        "Of the samples that pass the first tests, how many fail the rest",
        ["Model", "Source", "Tests seen", "Problems", "Pass these", "Fail the rest", "Share"],
        list(groups.values()),
        [
            "Problems with more tests than are seen. 95% Wilson intervals; they are too narrow, as "
            "the samples of one problem are alike, and of fewer than "
            f"{LEAST_PROBLEMS} problems (too few) there is none. An empty table: no problem has "
            "two tests and a sample that passes the first."
        ],
    )


def _interval(line: Mapping[str, Any]) -> str:
    return f"{line['low']:.1%} to {line['high']:.1%}"
