"""A ``Table`` as Markdown, LaTeX, HTML, terminal text; its records as CSV."""

import csv
import html
import io
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt

from codepref.tables.layout import PaperTable, Table, Text

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "−": r"$-$",
    "–": "--",
    "β": r"$\beta$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "×": r"$\times$",
}


def _rows(table: Table) -> Iterator[list[Text]]:
    for group in table.groups:
        yield from group


def _cell(text: Text, bold: str, secondary: str) -> str:
    value = bold.format(text.text) if text.bold else text.text
    return f"{value} {secondary.format(text.secondary)}" if text.secondary else value


def markdown(table: Table) -> str:
    """Return a GitHub-flavoured Markdown table with title, stamp and notes."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    align = [":--"] * table.text_columns + ["--:"] * (len(table.header) - table.text_columns)
    parts = [f"**{table.title}**", ""]
    if table.stamp:
        parts += [f"> {table.stamp}", ""]
    parts += [line(table.header), line(align)]
    parts += [line([_cell(text, "**{}**", "({})") for text in row]) for row in _rows(table)]
    parts += [""] + [f"- {note}" for note in table.notes] + [""]
    return "\n".join(parts)


def latex_escape(text: str) -> str:
    """Return ``text`` with LaTeX's special characters escaped."""
    return "".join(_LATEX.get(character, character) for character in text)


def latex(table: Table) -> str:
    r"""Return a ``table*`` environment in booktabs style; needs ``\usepackage{booktabs}``."""

    def cell(text: Text) -> str:
        value = latex_escape(text.text)
        value = rf"\textbf{{{value}}}" if text.bold else value
        return (
            rf"{value} {{\scriptsize {latex_escape(text.secondary)}}}" if text.secondary else value
        )

    columns = "l" * table.text_columns + "r" * (len(table.header) - table.text_columns)
    lines = [
        r"\begin{table*}[t]",
        r"\centering",
        r"\footnotesize",
        rf"\caption{{{latex_escape(table.title)}"
        + (rf" \textbf{{({latex_escape(table.stamp)})}}" if table.stamp else "")
        + "}",
        rf"\label{{tab:{table.name}}}",
        r"\resizebox{\textwidth}{!}{%",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(rf"\textbf{{{latex_escape(name)}}}" for name in table.header) + r" \\",
    ]
    for group in table.groups:
        lines.append(r"\midrule")
        lines += [" & ".join(cell(text) for text in row) + r" \\" for row in group]
    lines += [r"\bottomrule", r"\end{tabular}}", "", r"\smallskip", r"\raggedright"]
    lines += [rf"{latex_escape(note)}\par" for note in table.notes]
    lines += [r"\end{table*}", ""]
    return "\n".join(lines)


def html_table(table: Table, sortable: bool = False, links: dict[str, str] | None = None) -> str:
    """Return the table as an HTML fragment (``<figure>`` with caption, table and notes).

    ``links`` maps a cell's text key ``"row:column"`` (counted over all rows) to the target of a
    link around it.
    """
    links = links or {}

    def cell(text: Text, row: int, column: int) -> str:
        value = html.escape(text.text)
        value = f"<b>{value}</b>" if text.bold else value
        target = links.get(f"{row}:{column}")
        value = f'<a href="{html.escape(target)}">{value}</a>' if target else value
        if text.secondary:
            value += f" <small>{html.escape(text.secondary)}</small>"
        tag = 'th scope="row"' if column == 0 and text.text else "td"
        kind = ' class="number"' if column >= table.text_columns else ""
        return f"<{tag}{kind}>{value}</{tag.split()[0]}>"

    stamp = f' <strong class="stamp">{html.escape(table.stamp)}</strong>' if table.stamp else ""
    head = "".join(
        f'<th scope="col"{" class=number" if i >= table.text_columns else ""}>'
        f"{html.escape(name)}</th>"
        for i, name in enumerate(table.header)
    )
    body, row_number = [], 0
    for group in table.groups:
        body.append("<tbody>")
        for row in group:
            cells = "".join(cell(text, row_number, i) for i, text in enumerate(row))
            body.append(f"<tr>{cells}</tr>")
            row_number += 1
        body.append("</tbody>")
    attribute = " data-sortable" if sortable else ""
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in table.notes)
    return (
        f'<figure class="table" id="{table.name}">'
        f"<figcaption>{html.escape(table.title)}{stamp}</figcaption>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="{html.escape(table.title)}">'
        f"<table{attribute}><thead><tr>{head}</tr></thead>\n" + "\n".join(body) + "</table></div>"
        f'<ul class="notes">{notes}</ul></figure>\n'
    )


def html_page(tables: list[Table]) -> str:
    """Return tables as a page of its own that opens offline."""
    heading = f"<h1>{html.escape(tables[0].title)}</h1>\n"
    return _document(tables[0].title, heading + "".join(html_table(table) for table in tables))


def markdown_page(text: str) -> str:
    """Return GitHub-flavoured Markdown as a page of its own that opens offline.

    HTML inside the text is shown, not run. Headings can be linked to by their text in lower case.
    """
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = renderer.parse(text)
    title = ""
    for token, content in pairwise(tokens):
        if token.type == "heading_open":
            title = title or content.content
            token.attrSet("id", re.sub(r"\W+", "-", content.content.lower()))
    body = str(renderer.renderer.render(tokens, renderer.options, {}))
    body = body.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    return _document(title, body.replace("</table>", "</table></div>"))


def _document(title: str, body: str) -> str:
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}"
        "main{max-width:75rem;margin:0 auto}"
        "table{border-collapse:collapse}th,td{padding:.3rem .7rem;text-align:left;"
        "vertical-align:top}"
        "thead th{border-top:2px solid;border-bottom:1px solid}tbody{border-bottom:1px solid}"
        ".number{text-align:right;white-space:nowrap}small{color:#555}.scroll{overflow-x:auto}"
        ".stamp{color:#9c2a00}figure{margin:0 0 3rem}figcaption{font-weight:600;margin:.5rem 0}"
        "blockquote{border-left:4px solid #9c2a00;margin:0;padding:.1rem 1rem}"
        "@media(max-width:600px){body{margin:1rem}}"
        "@media print{body{margin:0;font-size:10pt}.scroll{overflow:visible}}"
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{style}</style></head><body><main>\n"
        f"{body}</main></body></html>\n"
    )


def csv_text(records: list[dict[str, Any]]) -> str:
    """Return the records as CSV with a header; None is empty."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, fieldnames=list(records[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(records)
    return stream.getvalue()


def terminal(table: Table, width: int = 100) -> str:
    """Return the table as aligned text; the smaller print goes onto a line of its own if needed."""
    full = [[_cell(text, "{}*", "({})") for text in row] for row in _rows(table)]
    short = [[_cell(Text(text.text, text.bold), "{}*", "") for text in row] for row in _rows(table)]
    for rows in (full, short):
        widths = [max(len(r[i]) for r in [table.header, *rows]) for i in range(len(table.header))]
        if sum(widths) + 2 * len(widths) <= width:
            break

    def line(cells: list[str]) -> str:
        parts = [
            cell.ljust(size) if i < table.text_columns else cell.rjust(size)
            for i, (cell, size) in enumerate(zip(cells, widths, strict=True))
        ]
        return "  ".join(parts).rstrip()

    rule = "─" * min(width, sum(widths) + 2 * len(widths) - 2)
    out = [
        table.title + (f"  [{table.stamp}]" if table.stamp else ""),
        rule,
        line(table.header),
        rule,
    ]
    start = 0
    for group in table.groups:
        out += [line(cells) for cells in rows[start : start + len(group)]] + [rule]
        start += len(group)
    return "\n".join(out) + "\n"


def renderings(table: PaperTable) -> dict[str, str]:
    """Return the contents of the files ``table<N>.<format>``, by format."""
    parts = [table.look] + ([table.detail] if table.detail else [])
    return {
        "md": "\n".join(markdown(part) for part in parts),
        "tex": latex(table.look),
        "csv": csv_text(table.records),
        "html": html_page(parts),
    }
