"""Pass@k of every policy against k, from the samples of benchmark tasks; best of n beside it."""

from collections.abc import Sequence
from statistics import mean

from matplotlib.figure import Figure

from codepref.errors import UserError
from codepref.evaluation.sampled_records import Reranked
from codepref.figures.style import SERIES, legend_below, line_look
from codepref.tables.reranked_table import WAYS
from codepref.tables.sampled import KS, SampledResults

CHOSEN = {"agreement": "*", "implicit_reward": "X"}


def draw(sampled: SampledResults, reranked: Sequence[Reranked] = ()) -> Figure:
    """Draw a panel per model and benchmark column, and in it a line per method.

    What is chosen of n samples without verdicts is a mark at k = n in the columns of all tests.

    Raises:
        UserError: there are no samples.
    """
    cells, config = sampled.cells, sampled.config
    if not cells:
        raise UserError("no samples to plot: benchmarks/samples.csv has no row of this run")
    models, benchmarks, methods = (
        list(dict.fromkeys(getattr(cell, field) for cell in cells))
        for field in ("model", "benchmark", "method")
    )
    ks = [k for k in KS if k <= max(cell.samples_per_task for cell in cells)]
    size = (max(4.5, 2.2 * len(benchmarks)), 0.9 + 2.1 * len(models))
    figure = Figure(figsize=size)
    grid = figure.subplots(len(models), len(benchmarks), squeeze=False, sharex=True, sharey="row")
    for cell in cells:
        axes = grid[models.index(cell.model)][benchmarks.index(cell.benchmark)]
        number = methods.index(cell.method)
        points = [(k, value) for k in ks if (value := cell.pass_at(k)) is not None]
        axes.plot(
            *zip(*points, strict=True), label=config.method_label(cell.method),
            **line_look(number), markersize=4, linewidth=1.3,
        )  # fmt: skip
        for way, mark in CHOSEN.items():
            found = [
                getattr(task, way)
                for one in reranked
                if (one.model, one.method, f"{one.benchmark}+")
                == (cell.model, cell.method, cell.benchmark)
                for task in one.tasks
            ]
            if found and None not in found:
                axes.plot(
                    cell.samples_per_task, 100 * mean(found), marker=mark, markersize=8,
                    color=SERIES[number % len(SERIES)], markeredgecolor="black",
                    markeredgewidth=0.6, linestyle="none",
                )  # fmt: skip
                axes.plot(
                    [], [], marker=mark, color="white", markeredgecolor="black", markersize=8,
                    linestyle="none", label=f"best of n {WAYS[way].lower()}",
                )  # fmt: skip
    for axes in grid.flat:
        axes.set_xscale("log", base=2)
        axes.set_xticks(ks, [str(k) for k in ks])
        axes.minorticks_off()
    for axes, benchmark in zip(grid[0], benchmarks, strict=True):
        axes.set_title(sampled.label(benchmark), fontsize=8)
    for axes, model in zip(grid[:, 0], models, strict=True):
        axes.set_ylabel(f"{config.models[model].label}\npass@k, %", fontsize=8)
    for axes in grid[-1]:
        axes.set_xlabel("k samples")
    legend_below(figure, grid.flat, 3)
    return figure
