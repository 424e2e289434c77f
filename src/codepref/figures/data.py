"""How the data and the models came about: pair yield, verdict classes, learning curves, scores."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from codepref.config import Config
from codepref.errors import UserError
from codepref.figures.style import (
    BLUE,
    GREEN,
    GREY,
    HATCHES,
    MARKERS,
    ORANGE,
    SERIES,
    SKY,
    VERDICT_COLOURS,
    error_bar,
    legend_below,
    line_look,
)
from codepref.files import read_text
from codepref.gradings import BenchmarkVerdicts, TaskVerdict
from codepref.tables.inputs import read_of_run
from codepref.tables.results import Results
from codepref.tables.setting_tables import TrainingRecord

OUTCOMES = {
    "mixed": ("some passed: can give a pair", GREEN),
    "all_passed": ("all samples passed", SKY),
    "all_failed": ("all samples failed", ORANGE),
    "no_samples": ("no samples", GREY),
    "too_few_tests": ("too few tests", BLUE),
}


def _stacked(
    axes: Axes, rows: Sequence[str], parts: Mapping[str, tuple[str, str, Sequence[float]]]
) -> None:
    """Draw horizontal bars of shares; parts: key -> (label, colour, one value per row)."""
    totals = np.array([sum(values[i] for _, _, values in parts.values()) for i in range(len(rows))])
    left = np.zeros(len(rows))
    for number, (label, colour, values) in enumerate(parts.values()):
        share = 100 * np.array(values) / np.maximum(totals, 1)
        bars = axes.barh(
            list(rows), share, left=left, color=colour, label=label, height=0.65,
            edgecolor="white", hatch=HATCHES[number % len(HATCHES)],
        )  # fmt: skip
        texts = [
            f"{100 * value / total:.0f}%" if value and value >= 0.07 * total else ""
            for value, total in zip(values, totals, strict=True)
        ]
        for text in axes.bar_label(bars, texts, label_type="center", fontsize=7):
            text.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85})
        left += share
    axes.set_xlim(0, 100)
    axes.set_xlabel("%")
    axes.invert_yaxis()
    axes.grid(False, axis="y")


def pair_yield(statistics: Sequence[Mapping[str, Any]]) -> Figure:
    """Show what share of problems gives a pair: by model, source and difficulty."""
    rows: dict[str, Mapping[str, Any]] = {}
    for item in statistics:
        problems = item["problems"]
        rows[f"{item['model']}: all {problems['total']} problems"] = problems
        for group in ("by_source", "by_difficulty"):
            if len(item[group]) > 1:
                for name, counts in sorted(item[group].items()):
                    rows[f"{name} ({counts['problems']}), {item['model']}"] = counts
    figure = Figure(figsize=(7, 1.3 + 0.38 * len(rows)))
    axes = figure.subplots()
    _stacked(
        axes,
        list(rows),
        {
            key: (label, colour, [row.get(key, 0) for row in rows.values()])
            for key, (label, colour) in OUTCOMES.items()
            if any(row.get(key, 0) for row in rows.values())
        },
    )
    axes.set_title("Problems by the outcome of their samples", loc="left")
    legend_below(figure, [axes], 4)
    return figure


def verdict_classes(
    statistics: Sequence[Mapping[str, Any]], graded: Sequence[tuple[str, str, BenchmarkVerdicts]]
) -> Figure:
    """Show verdict classes of the samples (before training) and of benchmark answers by variant.

    Args:
        statistics: ``pairs/*.stats.json``.
        graded: (benchmark label, row label, verdicts), several files per row are added up.
    """
    benchmarks = list(dict.fromkeys(label for label, _, _ in graded))
    rows = list(dict.fromkeys(row for _, row, _ in graded))
    heights = [len(statistics)] * bool(statistics) + [len(rows)] * len(benchmarks)
    figure = Figure(figsize=(7, 1.6 + sum(0.6 + 0.36 * height for height in heights)))
    panels = figure.subplots(len(heights), 1, height_ratios=[h + 1 for h in heights], squeeze=False)
    models = [f"{item['model']} ({item['samples']['total']})" for item in statistics]
    verdicts_of = [item["samples"]["by_verdict"] for item in statistics]
    parts = {
        name: (name.replace("_", " "), colour, [found.get(name, 0) for found in verdicts_of])
        for name, colour in VERDICT_COLOURS.items()
        if any(name in found for found in verdicts_of)
    }
    seen = {_outcome(task) for _, _, verdicts in graded for task in verdicts.tasks}
    if statistics:
        first = panels[0][0]
        _stacked(first, models, parts)
        first.set_title("Samples of the training problems, before training", loc="left")
        first.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    for axes, benchmark in zip(panels[bool(statistics) :, 0], benchmarks, strict=True):
        counts = {row: Counter[str]() for row in rows}
        for label, row, verdicts in graded:
            if label == benchmark:
                counts[row].update(map(_outcome, verdicts.tasks))
        _stacked(
            axes,
            rows,
            {
                key: (key, colour, [counts[row][key] for row in rows])
                for key, colour in _ANSWERS.items()
                if key in seen  # in any panel: a class has one pattern throughout
            },
        )
        axes.set_title(f"Benchmark answers, {benchmark}", loc="left")
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7)
    return figure


_ANSWERS = {
    "passes base and plus": GREEN,
    "passes base only": SKY,
    "fails": ORANGE,
    "times out": BLUE,
}


def _outcome(task: TaskVerdict) -> str:
    if task.plus_solved:
        return "passes base and plus"
    if task.base_solved:
        return "passes base only"
    return "times out" if task.base.status == "timeout" else "fails"


CURVES = {
    "loss": "Loss",
    "learning_rate": "Learning rate",
    "rewards/margins": "Reward margin\n(chosen − rejected)",
    "rewards/accuracies": "Share of pairs with\nchosen above rejected (ties: half)",
    "logps/chosen": "log p(chosen)",
    "logps/rejected": "log p(rejected)",
    "rewards/chosen": "Reward of chosen",
    "rewards/rejected": "Reward of rejected",
    "log_ratio": "log(policy / {reference}),\nnats per response",
    "reward": "Rule reward (PPO's samples)",
    "passed": "Share passed (PPO's samples)",
}


Log = Sequence[Mapping[str, float]]
"""one line per step"""


def read_logs(
    config: Config, trainings: Iterable[Path], paths: Iterable[Path]
) -> dict[str, list[Log]]:
    """Return by policy, the training log of each seed.

    Args:
        config: the run's.
        trainings: ``training.json`` files.
        paths: ``training_log.jsonl`` files, in the same order.
    """
    logs: dict[str, list[Log]] = {}
    records = read_of_run(config, trainings, TrainingRecord)
    for record, path in zip(records, paths, strict=True):
        label = config.policy_label(record.model, record.method)
        lines = read_text(path).splitlines()
        logs.setdefault(label, []).append([json.loads(line) for line in lines])
    return logs


def curve_title(key: str, reference: str) -> str:
    """Return in one line what a curve shows; ``reference``: see ``labels.reference_words``."""
    return CURVES[key].replace("\n", " ").format(reference=reference)


def learning_curves(logs: Mapping[str, Sequence[Log]], reference: str) -> Figure:
    """Show the training logs.

    Args:
        logs: label -> one log per seed, drawn alike.
        reference: of the log-ratio (``labels.reference_words``).
    """
    keys = {key for seeds in logs.values() for log in seeds for line in log for key in line}
    shown = [key for key in CURVES if key in keys]
    columns = min(3, len(shown))
    rows = -(-len(shown) // columns)
    figure = Figure(figsize=(8.5, 2.3 * rows + 0.25 * len(logs)))
    grid = figure.subplots(rows, columns, squeeze=False)
    for number, key in enumerate(shown):
        axes = grid.flat[number]
        for i, (label, seeds) in enumerate(logs.items()):
            for log in seeds:
                points = [(line["step"], line[key]) for line in log if key in line]
                look = line_look(i) | ({} if len(points) < 40 else {"marker": None})
                if points:
                    axes.plot(
                        *zip(*points, strict=True),
                        **look,
                        markersize=3.5,
                        linewidth=1.4,
                        label=label,
                    )
        axes.set_title(curve_title(key, reference), fontsize=8, loc="left")
        axes.set_xlabel("optimizer step", fontsize=8)
        axes.xaxis.get_major_locator().set_params(integer=True)
    for axes in grid.flat[len(shown) :]:
        axes.set_visible(False)
    legend_below(figure, grid.flat, 2)
    return figure


def scores(results: Results) -> Figure:
    """Show pass@1 with its 95% interval for every variant, the paper's score beside it.

    Raises:
        UserError: no row of the run has a result.
    """
    names = [(e.model, method) for e in results.config.experiments for method in e.methods]
    cells = [results.cell(*name, b) for name in names for b in results.benchmarks]
    cells = [cell for cell in cells if cell.run]
    if not cells:
        raise UserError("no result to plot: benchmarks.csv has no row of this run")
    models, benchmarks, variants = (
        list(dict.fromkeys(getattr(cell, field) for cell in cells))
        for field in ("model", "benchmark", "method")
    )
    figure = Figure(
        figsize=(max(6.5, 2.1 * len(benchmarks)), 0.9 + len(models) * (0.6 + 0.32 * len(variants)))
    )
    grid = figure.subplots(len(models), len(benchmarks), squeeze=False, sharex="col", sharey="row")
    for cell in cells:
        axes = grid[models.index(cell.model)][benchmarks.index(cell.benchmark)]
        n = variants.index(cell.method)
        axes.errorbar(
            cell.rate, n, xerr=[[length] for length in error_bar(cell)],
            color=SERIES[n % len(SERIES)], marker=MARKERS[n % len(MARKERS)], markersize=5,
            capsize=2.5, linewidth=1.3,
        )  # fmt: skip
        if cell.comparable:
            axes.plot(
                cell.paper_rate, n, marker="|", markersize=13, color="black", markeredgewidth=1.8
            )
    for axes in grid.flat:
        axes.set_yticks(range(len(variants)), [results.config.method_label(v) for v in variants])
        axes.set_ylim(len(variants) - 0.5, -0.5)
    for axes, benchmark in zip(grid[0], benchmarks, strict=True):
        axes.set_title(results.label(benchmark), fontsize=8)
    for axes, model in zip(grid[:, 0], models, strict=True):
        axes.set_ylabel(results.config.models[model].label, fontsize=8)
    for axes in grid[-1]:
        axes.set_xlabel("pass@1, %", fontsize=8)
    return figure
