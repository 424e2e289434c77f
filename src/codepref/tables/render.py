"""A ``Table`` as Markdown, LaTeX, HTML, terminal text; its records as CSV."""

import re
import textwrap
from itertools import chain, pairwise
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from codepref.tables.layout import RenderedTable, Table, Text
from codepref.text_table import text_table

TEMPLATES = Environment(
    loader=PackageLoader("codepref.tables", ""),
    autoescape=select_autoescape(["html.j2"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
"""every page and table in HTML comes from a template beside this module"""

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
    "†": r"$\dagger$",
    "…": r"\ldots{}",
}


def _cell(text: Text, bold: str, secondary: str) -> str:
    value = bold.format(text.text) if text.bold else text.text
    return f"{value} {secondary.format(text.secondary)}" if text.secondary and secondary else value


def markdown(table: Table) -> str:
    """Return a GitHub-flavoured Markdown table with title, stamp and notes."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    align = [":--"] * table.text_columns + ["--:"] * (len(table.header) - table.text_columns)
    parts = [f"**{table.title}**", ""]
    if table.stamp:
        parts += [f"> {table.stamp}", ""]
    parts += [line(table.header), line(align)]
    parts += [line([_cell(text, "**{}**", "({})") for text in row]) for row in chain(*table.groups)]
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
        small = rf" {{\scriptsize {latex_escape(text.secondary)}}}" if text.secondary else ""
        return value + small

    columns = "l" * table.text_columns + "r" * (len(table.header) - table.text_columns)
    stamp = rf" \textbf{{({latex_escape(table.stamp)})}}" if table.stamp else ""
    lines = [
        *(r"\begin{table*}[t]", r"\centering", r"\footnotesize"),
        rf"\caption{{{latex_escape(table.title)}{stamp}}}",
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


def html_table(table: Table, sortable: bool = False, links: bool = False) -> Markup:
    """Return the table as an HTML fragment (``<figure>`` with caption, table and notes).

    ``links``: whether cells lead to their ``link``, which only the report has.
    """
    template = TEMPLATES.get_template("table.html.j2")
    return Markup(template.render(table=table, sortable=sortable, links=links))


def html_page(title: str, body: str) -> str:
    """Return HTML as a page of its own that opens offline."""
    return TEMPLATES.get_template("page.html.j2").render(title=title, body=Markup(body))


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
    return html_page(title, body.replace("</table>", "</table></div>"))


def csv_text(records: list[dict[str, Any]]) -> str:
    """Return the records as CSV with a header; None is empty."""
    return pd.DataFrame(records, dtype=object).to_csv(index=False, lineterminator="\n")


def terminal(table: Table, width: int = 100) -> str:
    """Return the table as aligned text; without the smaller print if it is too wide with it."""
    header = [textwrap.fill(name, 18) for name in table.header]
    for secondary in ("({})", ""):
        groups = [
            [[_cell(text, "{}*", secondary) for text in row] for row in g] for g in table.groups
        ]
        text = text_table(header, groups, table.title, table.text_columns)
        if max(map(len, text.splitlines()[1:])) <= width:
            break
    return text + "\n"


def renderings(table: RenderedTable) -> dict[str, str]:
    """Return the contents of the files ``table<N>.<format>``, by format."""
    parts = [table.overview, *([table.cells] if table.cells else []), *table.more]
    heading = f"<h1>{escape(table.overview.title)}</h1>\n"
    return {
        "md": "\n".join(markdown(part) for part in parts),
        "tex": "\n".join(map(latex, [table.overview, *table.more])),
        "csv": csv_text(table.records),
        "html": html_page(table.overview.title, heading + "".join(map(html_table, parts))),
    }
