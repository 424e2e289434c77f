"""What a run found, in the words of its own numbers: the end of ``make demo``."""

import textwrap
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from codepref.errors import UserError
from codepref.tables.changes import Basis, Change, basis, changes
from codepref.tables.layout import change_text, number, p_text
from codepref.tables.own_claims import OwnAnswers
from codepref.tables.results import Results
from codepref.text_table import text_table

WIDTH = 80
"""columns of the terminal"""


@dataclass(frozen=True)
class Findings:
    """The trained rows beside their models as they came."""

    results: Results
    basis: Basis
    changes: Sequence[Change]

    @property
    def label(self) -> str:
        """How tables name what is compared."""
        return self.basis.label(self.results)

    def name(self, change: Change) -> str:
        """Return a row in words: its method, and its model where there are several."""
        config = self.results.config
        models = {one.model for one in self.changes}
        label = config.method_label(change.method)
        return f"{config.models[change.model].label} {label}" if len(models) > 1 else label

    def mean(self, model: str, method: str) -> float:
        """Return a row's rate in percent: mean over tasks and training seeds."""
        about = self.basis
        found = [self.results.rates(model, method, c, about.answers)[0] for c in about.columns]
        return 100 * float(pd.concat([rates.mean(axis=1) for rates in found]).mean())


def findings(results: Results) -> Findings:
    """Compare every trained row with its model as it came.

    Raises:
        UserError: no row can be compared.
    """
    about = basis(results)
    found = changes(results, about.columns, about.answers)
    if not found:
        raise UserError("nothing to compare: the run has no trained row beside its untrained model")
    return Findings(results, about, found)


def table(found: Findings) -> str:
    """Return the rows as text; a star marks what is beyond chance, and nothing else."""
    config = found.results.config
    groups = []
    for model in dict.fromkeys(change.model for change in found.changes):
        base = found.results.config.base_of(model) or ""
        rows = [[config.method_label(base), number(found.mean(model, base)), "", ""]]
        for one in found.changes:
            if one.model == model:
                mark = "*" if one.beyond_chance else ""
                p = p_text(one.adjusted).removeprefix("p ").removeprefix("= ")
                mean = number(found.mean(model, one.method))
                label = config.method_label(one.method)
                rows.append([label, mean, change_text(one.pairing) + mark, p])
        rows[0][0] = f"{config.models[model].label}, {rows[0][0]}"
        groups.append(rows)
    what = (
        "Mean pass rate of samples"
        if found.basis.answers == "sampled"
        else "pass@1 of greedy answers"
    )
    header = ["", "%", "to base, points [95%]", "p"]
    star = "\n* beyond chance" if any(one.beyond_chance for one in found.changes) else ""
    title = "\n".join(textwrap.wrap(f"{what}, {found.label}", WIDTH, break_on_hyphens=False))
    return text_table(header, groups, title) + star


def sentences(found: Findings, claims: OwnAnswers | None, report: Path) -> list[str]:
    """Return three sentences: what was found, what cannot be told, where to look."""
    return [_found(found, claims), _not_told(found), _where(claims, report)]


def _found(found: Findings, claims: OwnAnswers | None) -> str:
    sure = [one for one in found.changes if one.beyond_chance]
    shown = sure or [max(found.changes, key=lambda one: abs(one.pairing.estimate))]
    parts = [
        f"{found.name(one)} {change_text(one.pairing)} points ({p_text(one.adjusted)})"
        for one in shown
    ]
    if sure:
        text = f"beyond chance on {found.label}: {', '.join(parts)}"
    else:
        count = len(found.changes)
        text = f"none of {count} trained rows differs from its base beyond chance on "
        text += f"{found.label}; the largest difference is {parts[0]}"
    if claims and claims.answers:
        counts = Counter(one.outcome for one in claims.answers)
        won = [one.id for one in claims.answers if one.outcome == "won"]
        names = f" ({', '.join(won)})" if won else ""
        others = [f"{counts[name]} {name}" for name in ("lost", "undecided", "not run")]
        text += f"; of {len(claims.answers)} claims fixed before the run {counts['won']} won{names}"
        text += "".join(f", {part}" for part in others if not part.startswith("0 "))
    return f"Found: {text}."


def _not_told(found: Findings) -> str:
    halves = [50 * (ends[1] - ends[0]) for one in found.changes if (ends := one.pairing.interval)]
    tasks, clusters = found.changes[0].pairing.tasks, found.changes[0].pairing.independent
    alike = f" of {clusters} kinds" if clusters != tasks else ""
    below = f"differences below about {number(max(halves), 0)} points" if halves else "differences"
    text = f"{below}: {tasks} tasks{alike} are too few for them"
    config = found.results.config
    models = {one.model for one in found.changes}
    if not any(config.models[model].paper_model for model in models):
        text += "; and nothing about the paper: none of its models was run"
    return f"Not told: {text}."


def _where(claims: OwnAnswers | None, report: Path) -> str:
    text = f"the report {report} has every table beside the paper's, each pair and each answer"
    if claims:
        text += f"; {report.parent / 'own_claims.md'} has the claims in full"
    return f"Look: {text}."


def cell_to_trace(found: Findings) -> list[str]:
    """Return the names of one cell for ``scripts/trace.py``: the largest difference's."""
    one = max(found.changes, key=lambda change: abs(change.pairing.estimate))
    kind = "sampled" if found.basis.answers == "sampled" else "table1"
    return [kind, one.model, one.method, found.basis.columns[0]]
