"""The report's page: everything in one HTML file, nothing from outside."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from jinja2 import DictLoader
from markupsafe import Markup

from codepref.figures.data import Log
from codepref.files import read_text
from codepref.problems.report import STEPS
from codepref.report import charts
from codepref.report.costs import History
from codepref.report.curves import curve_data
from codepref.report.drill_down import DrillDown
from codepref.report.facts import facts, machines
from codepref.report.figure_parts import FigurePart
from codepref.report.finding import finding
from codepref.report.score_rows import score_rows
from codepref.report.telling import RULE, telling
from codepref.tables.claims import Evidence, scope, summarized
from codepref.tables.labels import reference_words
from codepref.tables.layout import RenderedTable, Table
from codepref.tables.method_settings import main_settings
from codepref.tables.own_claims import OwnAnswers
from codepref.tables.paper import Claim, Claims, OtherFindings
from codepref.tables.render import TEMPLATES, html_table
from codepref.tables.results import Results
from codepref.tables.statistics import VERDICT_RULE

PAGE = "page.html.j2"


@dataclass(frozen=True)
class Content:
    """What the page shows."""

    results: Results
    tables: Sequence[RenderedTable]
    claims: Claims
    registered: str
    """whether these claims were fixed before the run (``registration.told``)"""
    others: OtherFindings
    own: OwnAnswers | None
    """what came out for the claims about the run's own models, if it has such"""
    answered: Sequence[tuple[Claim, Evidence]]
    figures: Sequence[FigurePart]
    logs: Mapping[str, Sequence[Log]]
    """of each trained policy (by label) the training log of each seed"""
    details: DrillDown
    history: History
    problem_report: Mapping[str, Any]
    """``problems/report.json``"""
    statistics: Sequence[Mapping[str, Any]]
    """``pairs/<model>.stats.json``"""
    noise: RenderedTable
    """yield and label noise"""
    rounds: RenderedTable | None
    """the training problems round by round, if there are rounds"""


def render(theme: Sequence[Path], content: Content) -> str:
    """Return the page.

    Args:
        theme: templates (``.j2``, of which one is ``page.html.j2``), styles (``.css``) and scripts
            (``.js``); these two are put together in the order given.
        content: what to show.

    Raises:
        UserError: a file of the theme is missing.
    """
    files = {path: read_text(path) for path in theme}
    loader = DictLoader({path.name: text for path, text in files.items() if path.suffix == ".j2"})
    parts = {
        kind: Markup("\n".join(text for path, text in files.items() if path.suffix == f".{kind}"))
        for kind in ("css", "js")
    }
    page = TEMPLATES.overlay(loader=loader, autoescape=True).get_template(PAGE)
    return page.render(
        **parts,
        **_first(content),
        **_run(content),
        **_data(content),
        **_provenance(content.history),
    )


def _first(content: Content) -> dict[str, Any]:
    """Return the first screen."""
    results, details = content.results, content.details
    found, rows = finding(results), score_rows(results)
    methods = dict.fromkeys(method for _, method, _ in results.config.rows)
    return {
        "facts": facts(results, content.history, content.problem_report, content.statistics),
        "finding": found,
        "score_rows": rows,
        "with_paper": any(row.paper for row in rows),
        "main_settings": {name: main_settings(results.config, name) for name in methods},
        "verdict_rule": VERDICT_RULE,
        "telling": telling(results, found, details.answers, details.data["tasks"]),
        "telling_rule": RULE,
    }


def _run(content: Content) -> dict[str, Any]:
    """Return the parts about the run, its tables and claims."""
    results = content.results
    overviews = [part for table in content.tables for part in (table.overview, *table.more)]
    cells = [table.cells for table in content.tables if table.cells]
    shared = _shared_notes([*overviews, *cells])
    return {
        "config": results.config,
        "paper": results.paper.paper,
        "stamp": results.stamp,
        "scope": scope(results),
        "summary": summarized(content.answered),
        "registered": content.registered,
        "tables": [html_table(_once(part, shared), links=True) for part in overviews],
        "details": [html_table(_once(part, shared), sortable=True) for part in cells],
        "shared_notes": shared,
        "claims": content.claims,
        "others": content.others,
        "paper_labels": results.paper.labels,
        "own": content.own,
        "answered": content.answered,
    }


def _shared_notes(tables: Sequence[Table]) -> list[str]:
    """Return the notes that several tables have, which stand below all of them once."""
    counts = Counter(note for table in tables for note in table.notes)
    return [note for note, count in counts.items() if count > 1]


def _once(table: Table, shared: Sequence[str]) -> Table:
    """Return a table without what the page says in one place for all of them."""
    return replace(table, notes=[n for n in table.notes if n not in shared], stamp="")


def _data(content: Content) -> dict[str, Any]:
    """Return the parts about problems, pairs and figures, and what the page shows on demand."""
    results, details = content.results, content.details
    rows = [(model, method) for model, method, _ in results.config.rows]
    settings = {
        results.config.policy_label(*row): main_settings(results.config, row[1]) for row in rows
    }
    shown = {
        **details.data,
        "charts": {
            "differences": charts.differences(results),
            "scores": charts.scores(results),
            "pass_at_k": charts.pass_at_k(results),
            "learning_curves": curve_data(content.logs, settings, reference_words(results.config)),
        },
        "files": {item.path: item.sha256 for item in content.history.artifacts()},
    }
    # "</" or "<!--" and "<script" inside the data would change where the script element ends.
    data = json.dumps(shown, ensure_ascii=False, sort_keys=True).replace("<", "\\u003c")
    noise = content.noise
    return {
        "data": Markup(data),
        "figures": content.figures,
        "problem_report": content.problem_report,
        "problem_steps": [step for step in STEPS if step in content.problem_report["dropped"]],
        "noise": [
            html_table(replace(t, stamp=""), sortable=True)
            for t in (noise.overview, noise.cells)
            if t
        ],
        "rounds": html_table(content.rounds.overview) if content.rounds else "",
        "left_out": details.left_out,
        **{name: details.data[name] for name in ("pairs", "problems", "samples")},
    }


def _provenance(history: History) -> dict[str, Any]:
    """Return the parts about where the results come from and what they cost."""
    records = sorted(history.records, key=lambda record: record.started)
    return {
        "history": history,
        "latest": records[-1] if records else None,
        "commits": sorted({str(record.code.commit) for record in records}),
        "dirty": any(record.code.dirty for record in records),
        "machines": machines(records),
    }
