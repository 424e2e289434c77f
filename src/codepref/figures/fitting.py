"""Texts that fit: no title, label or legend leaves its figure or runs into the next panel's."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.text import Text

Span = tuple[float, float]


def fit_texts(figure: Figure) -> None:
    """Break titles and labels where they would leave the figure or enter the next panel.

    Args:
        figure: drawn, its layout is computed here for the first time.
    """
    figure.draw_without_rendering()
    for text in figure.texts:
        _break(text, figure.bbox.width)
    panels = [axes for axes in figure.axes if axes.get_visible()]
    boxes = [axes.get_window_extent() for axes in panels]
    spans = [((box.x0, box.x1), (box.y0, box.y1)) for box in boxes]
    for axes, (across, up) in zip(panels, spans, strict=True):
        left, right = _room(across, [x for x, y in spans if _meet(y, up)], figure.bbox.width)
        low, high = _room(up, [y for x, y in spans if _meet(x, across)], figure.bbox.height)
        _break(axes._left_title, right - across[0])  # type: ignore[attr-defined]
        for text in (axes.title, axes.xaxis.label):
            _break(text, 2 * min(sum(across) / 2 - left, right - sum(across) / 2))
        _break(axes.yaxis.label, 2 * min(sum(up) / 2 - low, high - sum(up) / 2))


def fix_layout(figure: Figure) -> None:
    """Compute the layout once more, and keep it rounded.

    The last bits of what Matplotlib's solver finds depend on where its variables lie in memory; the
    names in an SVG depend on them. The same drawing shall have the same bytes.
    """
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, low, width, height = axes.get_position(original=True).bounds
        axes.set_position((round(left, 6), round(low, 6), round(width, 6), round(height, 6)))


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _room(own: Span, others: Sequence[Span], end: float) -> Span:
    """Return how far a panel's texts may reach: half the way to the next panels, or to the ends."""
    before = [(stop + own[0]) / 2 for _, stop in others if stop <= own[0]]
    behind = [(start + own[1]) / 2 for start, _ in others if start >= own[1]]
    return max(before, default=0.0), min(behind, default=end)


def _break(text: Text, room: float) -> None:
    """Put a text's words on more lines if it is longer than so many pixels."""

    def fits(words: str) -> bool:
        text.set_text(words)
        extent = text.get_window_extent()
        return (extent.width if text.get_rotation() % 180 == 0 else extent.height) <= room

    lines: list[str] = []
    for line in text.get_text().split("\n"):
        if fits(line):
            lines.append(line)
            continue
        first, *words = line.split()
        lines.append(first)
        for word in words:
            longer = f"{lines[-1]} {word}"
            if fits(longer):
                lines[-1] = longer
            else:
                lines.append(word)
    text.set_text("\n".join(lines))
