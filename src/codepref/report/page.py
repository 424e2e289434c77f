"""The report's page: everything in one HTML file, nothing from outside."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from codepref.errors import UserError
from codepref.files import read_text
from codepref.problems.report import STEPS
from codepref.report.costs import History
from codepref.report.drill_down import DrillDown
from codepref.tables.claims import Evidence, scope, summarized
from codepref.tables.layout import PaperTable
from codepref.tables.own_claims import OwnAnswers
from codepref.tables.paper import Claim, Claims, OtherFindings
from codepref.tables.render import TEMPLATES, html_table
from codepref.tables.results import Results


def figure_svg(path: Path) -> Markup:
    """Return an SVG file as a fragment whose ids cannot clash with another figure's.

    Raises:
        UserError: the file is missing or no SVG.
    """
    text = read_text(path)
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


def caption(path: Path) -> str:
    """Return the caption of a figure, which Snakemake's report uses, too, as plain text."""
    return re.sub(r"\*\*?|``", "", " ".join(read_text(path).split()))


@dataclass(frozen=True)
class Content:
    """What the page shows."""

    results: Results
    tables: Sequence[PaperTable]
    claims: Claims
    registered: str
    """whether these claims were fixed before the run (``registration.told``)"""
    others: OtherFindings
    own: OwnAnswers | None
    """what came out for the claims about the run's own models, if it has such"""
    answered: Sequence[tuple[Claim, Evidence]]
    figures: Sequence[Path]
    captions: Sequence[Path]
    """one for each figure, with the same stem"""
    details: DrillDown
    history: History
    problem_report: Mapping[str, Any]
    """``problems/report.json``"""
    noise: PaperTable
    """yield and label noise"""


def render(theme: Sequence[Path], content: Content) -> str:
    """Return the page.

    Args:
        theme: the template (``.j2``), the style (``.css``) and the script (``.js``).
        content: what to show.

    Raises:
        UserError: a file of the theme or a figure's caption is missing.
    """
    files = {path.suffix: read_text(path) for path in theme}
    return TEMPLATES.from_string(files[".j2"]).render(
        css=Markup(files[".css"]),
        js=Markup(files[".js"]),
        **_run(content),
        **_data(content),
        **_provenance(content.history),
    )


def _run(content: Content) -> dict[str, Any]:
    """Return the parts about the run, its tables and claims."""
    results, tables = content.results, content.tables
    return {
        "config": results.config,
        "paper": results.paper.paper,
        "stamp": results.stamp,
        "scope": scope(results),
        "summary": summarized(content.answered),
        "registered": content.registered,
        "tables": [
            html_table(part, links=True)
            for table in tables
            for part in (table.overview, *table.more)
        ],
        "details": [html_table(table.cells, sortable=True) for table in tables if table.cells],
        "claims": content.claims,
        "others": content.others,
        "paper_labels": results.paper.labels,
        "own": content.own,
        "answered": content.answered,
    }


def _data(content: Content) -> dict[str, Any]:
    """Return the parts about problems, pairs and figures, and what the page shows on demand."""
    details, captions = content.details, {path.stem: path for path in content.captions}
    for figure in content.figures:
        if figure.stem not in captions:
            raise UserError(f"--captions: none for {figure}; every figure needs {figure.stem}.rst")
    # "</" inside the data would end the script element.
    data = json.dumps(details.data, ensure_ascii=False, sort_keys=True).replace("</", "<\\/")
    return {
        "data": Markup(data),
        "figures": [(f.stem, figure_svg(f), caption(captions[f.stem])) for f in content.figures],
        "problem_report": content.problem_report,
        "problem_steps": [step for step in STEPS if step in content.problem_report["dropped"]],
        "noise": [html_table(t) for t in (content.noise.overview, content.noise.cells) if t],
        "left_out": details.left_out,
        **{name: details.data[name] for name in ("pairs", "problems", "samples")},
    }


def _provenance(history: History) -> dict[str, Any]:
    """Return the parts about where the results come from and what they cost."""
    records = sorted(history.records, key=lambda record: record.started)
    machines = {
        f"{r.machine.processor}, {r.machine.cores} cores, {r.machine.memory_mb // 1024} GiB"
        + "".join(f", {gpu}" for gpu in r.machine.gpus)
        for r in records
    }
    return {
        "history": history,
        "latest": records[-1] if records else None,
        "commits": sorted({str(record.code.commit) for record in records}),
        "dirty": any(record.code.dirty for record in records),
        "machines": sorted(machines),
    }
