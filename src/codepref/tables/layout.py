"""A table as plain text cells, before any format, and how numbers are written in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean
from typing import Any

from codepref.rates import LEAST_CLUSTERS
from codepref.tables.differences import Pairing

NOT_RUN = "not run"


@dataclass(frozen=True)
class Text:
    """One cell as the reader sees it."""

    text: str
    bold: bool = False
    secondary: str = ""
    """smaller print behind it"""
    link: str = ""
    """where the cell leads to in the report"""


@dataclass(frozen=True)
class Table:
    """A table ready to be rendered in any format."""

    name: str
    title: str
    header: list[str]
    groups: list[list[list[Text]]]
    """rows, in groups that a line separates"""
    notes: list[str]
    stamp: str = ""
    text_columns: int = 2
    """how many leading columns hold words, not numbers"""


@dataclass(frozen=True)
class RenderedTable:
    """One of the paper's tables, or one of ours beside them."""

    name: str
    overview: Table
    """laid out as in the paper, if the paper has it"""
    cells: Table | None
    """one row per cell of the overview, with its intervals and tests"""
    records: list[dict[str, Any]]
    """the lines of its CSV file"""
    more: list[Table] = field(default_factory=list)
    """further tables that stand below it"""


def plural(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 problem``, ``2 problems``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def number(value: float, digits: int = 1) -> str:
    """Format a number with a true minus sign; -0.0 is 0.0."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "−")


def signed(value: float, digits: int = 1) -> str:
    """Format a difference with its sign; whole numbers without decimals."""
    text = number(value, 0 if value == int(value) else digits)
    return text if text.startswith("−") or float(text) == 0 else f"+{text}"


def p_text(p: float) -> str:
    """Format a p-value as papers do."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def points(value: float) -> str:
    """Format a difference of rates (a fraction) in percentage points, with its sign."""
    text = number(100 * value)
    return text if text.startswith("−") or float(text) == 0 else f"+{text}"


def change_text(pairing: Pairing) -> str:
    """Return a difference with its interval in percentage points: ``+2.1 [−0.4, +4.6]``.

    Without an interval it says of how few tasks the difference is: ``+12.5 [too few: 8]``.
    """
    ends = None if pairing.interval is None else tuple(map(points, pairing.interval))
    return f"{points(pairing.estimate)} {bracket(ends, pairing.independent)}"


def bracket(ends: Sequence[str] | None, clusters: int) -> str:
    """Return an interval, or in its place from how few clusters there is none."""
    return f"[too few: {clusters}]" if ends is None else f"[{', '.join(ends)}]"


def few_notes(groups: Iterable[Iterable[Sequence[Text]]]) -> list[str]:
    """Return the note that explains missing intervals, if any is missing in the rows of a table."""
    cells = (cell for rows in groups for row in rows for cell in row)
    if not any("[too few: " in f"{cell.text} {cell.secondary}" for cell in cells):
        return []
    return [
        f"Too few: no interval is given from fewer than {LEAST_CLUSTERS} tasks, or templates that "
        "tasks are made from; the number says how many there are."
    ]


def discordant(pairing: Pairing) -> str:
    """Return tasks gained and lost, as in ``+3 −1``; with several seeds their means."""
    digits = 0 if len(pairing.seeds) == 1 else 1
    return f"+{number(mean(pairing.gained), digits)} −{number(mean(pairing.lost), digits)}"


def full_title(name: str, title: str) -> str:
    """Return the caption of a table with its number."""
    return f"Table {name.removeprefix('table')}. {title}"
