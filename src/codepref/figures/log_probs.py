"""What trainings do to the log-probabilities of both sides of their pairs: both may fall.

The log-probability itself differs from pair to pair, so its change since the start is shown:
log(policy/reference) of the response, which the logs have times beta (the rewards of eq. 4).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from matplotlib.figure import Figure

from codepref.config import Config
from codepref.errors import UserError
from codepref.figures.style import GREY, legend_below, line_look
from codepref.files import read_text
from codepref.tables.inputs import read_of_run
from codepref.tables.labels import reference_words
from codepref.tables.setting_tables import TrainingRecord

SIDES = ("chosen", "rejected")
POINTS = 20
"""of a line: one is the mean over seeds and over steps in a row"""

Point = tuple[float, float, float]
"""optimizer step; mean log-ratio, in nats per response, of the chosen and of the rejected ones"""


@dataclass(frozen=True)
class Change:
    """What one method's trainings did to their pairs, step by step."""

    model: str
    method: str
    points: Sequence[Point]


def changes(config: Config, trainings: Iterable[Path], logs: Iterable[Path]) -> list[Change]:
    """Return the changes of every method whose trainings logged them.

    Args:
        config: the run's.
        trainings: ``training.json`` files.
        logs: ``training_log.jsonl`` files, in the same order.

    Raises:
        UserError: a file is missing or malformed, or no training was on pairs with both sides.
    """
    found: dict[tuple[str, str], list[Point]] = {}
    for record, path in zip(read_of_run(config, trainings, TrainingRecord), logs, strict=True):
        lines = [json.loads(line) for line in read_text(path).splitlines()]
        points = [
            (
                line["step"],
                *(line[f"rewards/{side}"] / record.hyperparameters["beta"] for side in SIDES),
            )
            for line in lines
            if "rewards/rejected" in line
        ]
        if points:
            found.setdefault((record.model, record.method), []).extend(points)
    if not found:
        raise UserError("no log has rewards of chosen and rejected responses: nothing to plot")
    return [Change(*key, _thinned(points)) for key, points in found.items()]


def _thinned(points: Sequence[Point]) -> list[Point]:
    width = -(-int(max(step for step, *_ in points)) // POINTS)
    groups: dict[int, list[Point]] = {}
    for point in sorted(points):
        groups.setdefault(int(point[0] - 1) // width, []).append(point)
    columns = [list(zip(*group, strict=True)) for group in groups.values()]
    return [(mean(steps), mean(chosen), mean(rejected)) for steps, chosen, rejected in columns]


def draw(config: Config, found: Sequence[Change]) -> Figure:
    """Draw a row of two panels per model, chosen and rejected, and in each a line per method."""
    reference = reference_words(config)
    models = list(dict.fromkeys(one.model for one in found))
    methods = list(dict.fromkeys(one.method for one in found))
    figure = Figure(figsize=(8, 0.7 + 2.6 * len(models) + 0.1 * len(methods)))
    grid = figure.subplots(len(models), len(SIDES), squeeze=False, sharex=True, sharey="row")
    for one in found:
        number = methods.index(one.method)
        steps, *sides = zip(*one.points, strict=True)
        for axes, values in zip(grid[models.index(one.model)], sides, strict=True):
            axes.plot(
                steps, values, label=config.method_label(one.method),
                **line_look(number), markersize=3.5, linewidth=1.3,
            )  # fmt: skip
    for axes in grid.flat:
        axes.axhline(0, color=GREY, linewidth=0.6)
    for axes, side in zip(grid[0], SIDES, strict=True):
        axes.set_title(f"{side.capitalize()} responses", fontsize=9, loc="left")
    for axes, model in zip(grid[:, 0], models, strict=True):
        axes.set_ylabel(
            f"{config.models[model].label}\nlog(policy / {reference}), nats", fontsize=8
        )
    for axes in grid[-1]:
        axes.set_xlabel("optimizer step", fontsize=8)
        axes.xaxis.get_major_locator().set_params(integer=True)
    legend_below(figure, grid.flat, 2)
    return figure
