"""The report's page: everything in one HTML file, nothing from outside."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from codepref.errors import UserError
from codepref.problems.report import STEPS
from codepref.report.costs import History
from codepref.report.drill_down import DrillDown
from codepref.tables.claims import Evidence, scope
from codepref.tables.layout import PaperTable
from codepref.tables.paper import Claim, Claims
from codepref.tables.render import html_table
from codepref.tables.results import Results


def figure_svg(path: Path) -> Markup:
    """Return an SVG file as a fragment whose ids cannot clash with another figure's.

    Raises:
        UserError: the file is missing or no SVG.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    start = text.find("<svg")
    if start < 0:
        raise UserError(f"{path}: not an SVG file")
    text = text[start:]
    prefix = re.sub(r"\W", "_", path.stem)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r'xlink:href="#([^"]+)"', rf'xlink:href="#{prefix}-\1"', text)
    # The caption says what it shows; to a screen reader it is one picture.
    label = prefix.replace("_", " ")
    return Markup(text.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))


def caption(folder: Path, stem: str) -> str:
    """Return the caption that Snakemake's report uses, too, as plain text."""
    path = folder / f"{stem}.rst"
    if not path.is_file():
        raise UserError(f"{path}: no such file; every figure of the report needs a caption")
    text = " ".join(path.read_text(encoding="utf-8").split())
    return re.sub(r"\*\*?|``", "", text)


def score_links(results: Results, table: PaperTable) -> dict[str, str]:
    """Return the links of a score table's cells to their drill-down (see ``html_table``)."""
    links: dict[str, str] = {}
    cells = iter(table.records)
    for number, row in enumerate(row for group in table.look.groups for row in group):
        if not row[0].text or row[0].text.endswith("(paper)"):
            continue  # the paper's own rows
        for column in range(len(results.benchmarks)):
            record = next(cells)
            if record["solved"]:
                target = f"#cell/{record['model']}/{record['method']}/{record['benchmark']}"
                links[f"{number}:{column + 2}"] = target
    return links


def render(
    *,
    theme: Path,
    captions: Path,
    results: Results,
    tables: Sequence[PaperTable],
    claims: Claims,
    answered: Sequence[tuple[Claim, Evidence]],
    figures: Sequence[Path],
    details: DrillDown,
    history: History,
    problem_report: dict[str, Any] | None = None,
) -> str:
    """Return the page.

    ``problem_report`` is ``problems/report.json``; without it the page does not tell where the
    problems came from.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(theme),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown: list[Markup] = []
    for table in tables:
        links = score_links(results, table) if table.detail else {}
        shown.append(Markup(html_table(table.look, links=links)))
    # "</" inside the data would end the script element.
    data = json.dumps(details.data, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
    records = sorted(history.records, key=lambda record: record.started)
    context: dict[str, Any] = {
        "css": Markup((theme / "report.css").read_text(encoding="utf-8")),
        "js": Markup((theme / "report.js").read_text(encoding="utf-8")),
        "data": Markup(data),
        "config": results.config,
        "paper": results.paper.paper,
        "scope": scope(results),
        "tables": shown,
        "details": [
            Markup(html_table(table.detail, sortable=True)) for table in tables if table.detail
        ],
        "claims": claims,
        "answered": answered,
        "figures": [(f.stem, figure_svg(f), caption(captions, f.stem)) for f in figures],
        "problem_report": problem_report,
        "problem_steps": [
            step for step in STEPS if step in (problem_report or {"dropped": ()})["dropped"]
        ],
        "left_out": details.left_out,
        "pairs": details.data.get("pairs", {}),
        "problems": details.data.get("problems", {}),
        "samples": details.data.get("samples", {}),
        "history": history,
        "latest": records[-1] if records else None,
        "commits": sorted({str(record.code.commit) for record in records}),
        "dirty": any(record.code.dirty for record in records),
        "machines": sorted(
            {
                f"{r.machine.processor}, {r.machine.cores} cores, "
                f"{r.machine.memory_mb // 1024} GiB"
                + (f", {', '.join(r.machine.gpus)}" if r.machine.gpus else "")
                for r in records
            }
        ),
    }
    return environment.get_template("report.html.j2").render(context)
