"""Differences to base of every trained policy with their intervals, a panel per benchmark."""

from matplotlib.figure import Figure

from codepref.errors import UserError
from codepref.figures.style import SERIES, legend_below
from codepref.tables.results import Answers, Results

MARKS: dict[Answers, str] = {"greedy": "o", "sampled": "D"}
LABELS: dict[Answers, str] = {"greedy": "one greedy answer", "sampled": "mean over samples"}


def draw(results: Results) -> Figure:
    """Draw a row of panels per model: methods from top to bottom, percentage points to the right.

    Raises:
        UserError: no trained method was run beside its base.
    """
    config = results.config
    models = {}
    for experiment in config.experiments:
        base = results.config.base_of(experiment.model)
        methods = [m for m in experiment.methods if config.methods[m].trainer != "none"]
        if base and methods:
            models[experiment.model] = base, methods
    sources: list[Answers] = ["greedy"] if results.samples is None else ["greedy", "sampled"]
    columns = [
        f"{name}{plus}"
        for name in config.use_benchmarks
        if any(name in results.answered(answers) for answers in sources)
        for plus in ("", "+")
    ]
    if not models or not columns:
        raise UserError("no difference to plot: no trained method was run beside its base")
    heights = [1 + len(methods) for _, methods in models.values()]
    size = (2.2 + 1.9 * len(columns), 0.9 + 0.3 * sum(heights))
    figure = Figure(figsize=size)
    grid = figure.subplots(
        len(models), len(columns), squeeze=False, sharex=True, sharey="row", height_ratios=heights
    )
    for axes_of_model, (model, (base, methods)) in zip(grid, models.items(), strict=True):
        for axes, column in zip(axes_of_model, columns, strict=True):
            axes.axvline(0, color="black", linewidth=0.8)
            for number, answers in enumerate(sources):
                if column.removesuffix("+") not in results.answered(answers):
                    continue
                for place, method in enumerate(methods):
                    found = results.pairing(model, base, method, [column], answers)
                    if found is None:
                        continue
                    height = place + 0.3 * (number - (len(sources) - 1) / 2)
                    if found.interval:
                        axes.hlines(height, *(100 * end for end in found.interval), SERIES[number])
                    axes.plot(
                        100 * found.estimate, height, MARKS[answers], color=SERIES[number],
                        markersize=4, linestyle="", label=LABELS[answers],
                    )  # fmt: skip
        axes_of_model[0].set_yticks(range(len(methods)), map(config.method_label, methods))
        axes_of_model[0].set_ylim(len(methods) - 0.5, -0.5)
        axes_of_model[0].set_ylabel(config.models[model].label, fontsize=8)
    for axes, column in zip(grid[0], columns, strict=True):
        axes.set_title(results.label(column), fontsize=8)
    for axes in grid[-1]:
        axes.set_xlabel("points", fontsize=8)
    legend_below(figure, grid.flat, 2)
    return figure
