"""Pass@1 against the number of training pairs, which the paper could not study."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.figure import Figure

from codepref.config import Config
from codepref.figures.style import DASHES, GREY, MARKERS, SERIES, error_bar, legend_below
from codepref.tables.cells import Cell
from codepref.tables.results import Results
from codepref.training.trainers import TRAINERS

Trained = Mapping[tuple[str, str], int]
"""(model, method) -> pairs that its training recorded"""


@dataclass(frozen=True)
class Sweep:
    """Methods of one model that differ in nothing but the number of their pairs."""

    model: str
    title: str
    methods: tuple[str, ...]


def sweeps(config: Config) -> list[Sweep]:
    """Return the sweeps of a configuration: groups of methods in which a ``max_pairs`` is set."""
    found = []
    for experiment in config.experiments:
        groups: dict[str, list[str]] = {}
        for name in experiment.methods:
            method = config.methods[name]
            if method.trainer != "none" and TRAINERS[method.trainer].data == "pairs":
                alike = method.model_dump_json(exclude={"label", "max_pairs"})
                groups.setdefault(alike, []).append(name)
        for names in groups.values():
            if any(config.methods[name].max_pairs for name in names):
                whole = [name for name in names if not config.methods[name].max_pairs]
                trainer = config.methods[names[0]].trainer.upper()
                label = config.method_label(whole[0]) if whole else trainer
                title = f"{config.models[experiment.model].label}, {label}"
                found.append(Sweep(experiment.model, title, tuple(names)))
    return found


def points(results: Results, sweep: Sweep, benchmark: str, trained: Trained) -> list[tuple]:
    """Return (pairs, cell) of a sweep's finished methods by number of pairs; base has 0 pairs."""
    sized = [(trained[sweep.model, name], name) for name in sweep.methods]
    if base := results.config.base_of(sweep.model):
        sized.append((0, base))
    cells = [(size, results.cell(sweep.model, name, benchmark)) for size, name in sorted(sized)]
    return [(size, cell) for size, cell in cells if cell.run]


def draw(results: Results, trained: Trained) -> Figure:
    """Draw a panel per sweep and a line per benchmark: mean over seeds, interval, each seed."""
    found = sweeps(results.config)
    figure = Figure(figsize=(6.5, 0.6 + 2.9 * len(found)))
    panels = figure.subplots(len(found), 1, squeeze=False)[:, 0]
    for axes, sweep in zip(panels, found, strict=True):
        largest = max(trained[sweep.model, name] for name in sweep.methods)
        for number, benchmark in enumerate(results.benchmarks):
            line = points(results, sweep, benchmark, trained)
            # Side by side, so that intervals do not cover each other.
            shift = (number - (len(results.benchmarks) - 1) / 2) * largest / 150
            style = {"color": SERIES[number % len(SERIES)], "alpha": 0.4, "markersize": 3}
            for x, y in _seeds(line):
                axes.plot(x + shift, y, marker=MARKERS[number % len(MARKERS)], **style)
            cells = [cell for _, cell in line]
            axes.errorbar(
                [size + shift for size, _ in line],
                [cell.rate for cell in cells],
                yerr=list(zip(*map(error_bar, cells), strict=True)),
                label=results.label(benchmark), color=SERIES[number % len(SERIES)],
                marker=MARKERS[number % len(MARKERS)], linestyle=DASHES[number % len(DASHES)],
                capsize=2.5, linewidth=1.3, markersize=5,
            )  # fmt: skip
        sizes = sorted({0, *(trained[sweep.model, name] for name in sweep.methods)})
        axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
        axes.axvline(0, color=GREY, linewidth=0.6)
        axes.set_title(sweep.title, fontsize=9, loc="left")
        axes.set_xlabel("training pairs (0: base)")
        axes.set_ylabel("pass@1, %")
    legend_below(figure, panels[:1], 2)
    return figure


def _seeds(line: Sequence[tuple[int, Cell]]) -> Iterator[tuple[int, float]]:
    for size, cell in line:
        if len(cell.solved) > 1:
            yield from ((size, 100 * solved / cell.total) for solved in cell.solved)
