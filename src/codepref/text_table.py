"""Tables as aligned text, for the terminal and for logs."""

from collections.abc import Sequence

Row = Sequence[str]


def text_table(
    header: Row, groups: Sequence[Sequence[Row]], title: str = "", text_columns: int = 1
) -> str:
    """Return the header and the rows in aligned columns, without a newline at the end.

    Args:
        header: the name of each column; a name may have several lines.
        groups: the rows, in groups that a line separates.
        title: stands above the header; none if empty.
        text_columns: how many leading columns hold words: they are aligned to the left.
    """
    names = [name.split("\n") for name in header]
    height = max(map(len, names))
    # Names stand at the bottom of the header.
    head = list(zip(*([""] * (height - len(lines)) + lines for lines in names), strict=True))
    blocks = [head, *(group for group in groups if group)]
    rows = [row for block in blocks for row in block]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]

    def line(row: Row) -> str:
        cells = [
            cell.ljust(width) if number < text_columns else cell.rjust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return "  ".join(cells).rstrip()

    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    parts = [title] if title else []
    parts += ["\n".join(map(line, block)) for block in blocks]
    return f"\n{rule}\n".join(parts)
