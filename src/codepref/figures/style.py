"""How every figure looks, and how it becomes files that are the same bytes each time."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from codepref.figures.fitting import fit_texts, fix_layout
from codepref.files import write_whole
from codepref.tables.cells import Cell

# M. Okabe, K. Ito, "Color Universal Design" (2008): told apart with any colour vision.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"
SERIES = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK)
# Shapes repeat what colours say, for print in grey.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", (0, (3, 1, 1, 1)), (0, (5, 1)), (0, (1, 1)))
HATCHES = ("", "///", "...", "xxx", "\\\\\\", "ooo", "+++", "***", "---")


def line_look(number: int) -> dict[str, Any]:
    """Return colour, dashes and marker of a figure's line; no two of the first 49 look alike."""
    shape = number + number // len(SERIES)  # the second round of colours has other shapes
    return {
        "color": SERIES[number % len(SERIES)],
        "linestyle": DASHES[shape % len(DASHES)],
        "marker": MARKERS[shape % len(MARKERS)],
    }


VERDICT_COLOURS = {
    "passed": GREEN,
    "wrong_answer": ORANGE,
    "runtime_error": VERMILION,
    "compile_error": PURPLE,
    "timeout": BLUE,
    "memory_limit": SKY,
    "output_limit": YELLOW,
    "no_code": GREY,
    "infra_error": BLACK,
}

STYLE: Any = {
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same everywhere
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "svg.hashsalt": "codepref",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
}
_METADATA: dict[str, dict[str, Any]] = {
    "svg": {"Date": None, "Creator": None},
    "png": {"Software": None},
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None},
}


def save(draw: Callable[[], Figure], output: str | Path) -> None:
    """Draw a figure in our style and write ``<output>.svg``, ``.png`` and ``.pdf``."""
    with matplotlib.rc_context(STYLE):
        figure = draw()
        fit_texts(figure)
        fix_layout(figure)
        for suffix, metadata in _METADATA.items():
            with write_whole(f"{output}.{suffix}", "wb") as stream:
                figure.savefig(stream, format=suffix, metadata=metadata)


def error_bar(cell: Cell) -> tuple[float, float]:
    """Return the lengths of a score's interval below and above it; without an interval 0, 0."""
    low, high = cell.interval or (cell.rate, cell.rate)
    return cell.rate - low, high - cell.rate


def legend_below(figure: Figure, panels: Iterable[Axes], columns: int) -> None:
    """Put one legend for all panels below them; what several panels show is named once.

    Args:
        figure: the panels'.
        panels: have the labels.
        columns: of the legend at most; fewer where labels are long.
    """
    handles = {
        label: handle
        for axes in panels
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    for number in range(columns, 0, -1):
        legend = figure.legend(
            [*handles.values()], [*handles], loc="outside lower center", ncols=number, fontsize=8
        )
        if number == 1 or legend.get_window_extent().width <= figure.bbox.width:
            return
        legend.remove()
