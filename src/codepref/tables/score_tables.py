"""Tables 1 and 2: pass@1 of every variant, ours beside the paper's."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Literal

from codepref.config import Config
from codepref.tables.cells import Cell
from codepref.tables.labels import model_label
from codepref.tables.layout import (
    NOT_RUN,
    RenderedTable,
    Table,
    Text,
    bracket,
    change_text,
    discordant,
    few_notes,
    full_title,
    number,
    p_text,
    points,
    signed,
)
from codepref.tables.paper import PaperRow
from codepref.tables.results import Results
from codepref.tables.statistics import SIGNIFICANCE, VERDICT_RULE
from codepref.tables.window_notes import window_notes
from codepref.training.trainers import TRAINERS

RECORD_KEYS = [
    *("model", "model_label", "method", "method_label", "benchmark", "benchmark_label", "stamp"),
    *("seeds", "solved", "total", "pass_at_1", "wilson_low", "wilson_high", "seed_sd"),
    *("to_base", "to_base_low", "to_base_high", "sign_flip_p", "gained", "lost"),
    *("paper_solved", "paper_total", "paper_pass_at_1", "paper_to_base", "difference_tasks"),
    *("best", "verdict", "flips_at"),
]
"""the columns of the CSV files of Tables 1 and 2"""

HEADER = [
    *("Model", "Variant", "Benchmark", "Solved", "Pass@1 %", "95% interval", "Seeds"),
    *("To base, points", "Gained, lost", "p", "Paper", "Paper to base", "Verdict", "Flips at"),
]
"""the columns of the tables cell by cell"""


_NO_ROWS = "Empty: this table is of models with a row that is trained on another model's pairs."


def rows_of(config: Config, name: str) -> list[tuple[str, list[str]]]:
    """Return models and methods of Table 1 or 2 ("table1", "table2").

    Table 1: everything but off-policy training. Table 2: base, off-policy, and the same trainer
    on-policy, of the models that have off-policy rows.
    """
    shown = []
    for experiment in config.experiments:
        off_policy = [m for m in experiment.methods if config.is_off_policy(experiment, m)]
        own = [m for m in experiment.methods if m not in off_policy]
        if name == "table1":
            shown.append((experiment.model, own))
        elif off_policy:
            trainers = {config.methods[m].trainer for m in off_policy}
            base = [m for m in own if config.methods[m].trainer == "none"]
            same = [m for m in own if config.methods[m].trainer in trainers]
            shown.append((experiment.model, [*base, *off_policy, *same]))
    return shown


def score_table(results: Results, name: Literal["table1", "table2"]) -> RenderedTable:
    """Lay out Table 1 or 2."""
    overview: list[list[list[Text]]] = []
    details: list[list[list[Text]]] = []
    records: list[dict[str, Any]] = []
    covered: set[tuple[str | None, str]] = set()
    for model, methods in rows_of(results.config, name):
        cells = {m: [results.cell(model, m, b) for b in results.benchmarks] for m in methods}
        best = {m: [_is_best(cell, cells) for cell in row] for m, row in cells.items()}
        overview.append([])
        for method, row in cells.items():
            overview[-1] += _rows(results, row, best[method])
            if any(cell.paper_solved is not None for cell in row):
                covered.add((results.config.models[model].paper_model, method))
            details.append([_detail_row(results, cell) for cell in row])
            records += map(partial(record, results), row, best[method])
    others = _other_rows(results, name, covered)
    for reported in others:
        overview.append([_reference_row(results, row) for row in reported])
        records += [_reference_record(results, r, b) for r in reported for b in results.benchmarks]
    title = full_title(name, results.paper.tables[name].title)
    notes = [
        *few_notes([*overview, *details]),
        *_score_notes(results, name, reference=bool(others)),
        *window_notes(results),
    ]
    if any(line.get("flips_at") is not None for line in records):
        notes.append("Flips at: so many tasks, answered otherwise, give another verdict.")
    if not any(overview):
        notes = [_NO_ROWS]
    stamp = results.stamp.text
    header = [*HEADER[:2], *(_heading(results, b) for b in results.benchmarks)]
    return RenderedTable(
        name,
        Table(name, title, header, overview, notes, stamp),
        Table(f"{name}-cells", f"{title}, cell by cell", HEADER, details, notes, stamp, 3),
        records,
    )


def _heading(results: Results, benchmark: str) -> str:
    label = results.label(benchmark)
    note = results.stamp.labels.get(benchmark.removesuffix("+"), "")
    if note[:1].isdigit() or benchmark not in results.totals:
        return label
    counts = results.task_counts(benchmark)
    return f"{label}, {' to '.join(map(str, sorted({min(counts), max(counts)})))} tasks"


def _rows(results: Results, row: Sequence[Cell], best: Sequence[bool]) -> list[list[Text]]:
    """Return a method's row and, if the paper has it, the paper's row."""
    label = method_label(results, row[0].method)
    ours = [Text(model_label(results.config, row[0].model)), Text(label)]
    rows = [ours + [_score(cell, bold) for cell, bold in zip(row, best, strict=True)]]
    if results.config.paper_rows and any(cell.paper_solved is not None for cell in row):
        rows.append([Text(""), Text(f"{label}, paper"), *map(_paper_score, row)])
    return rows


def _other_rows(
    results: Results, name: Literal["table1", "table2"], covered: set[tuple[str | None, str]]
) -> list[list[PaperRow]]:
    """Return the paper's rows that are shown and that no row of this run stands for, by model."""
    paper, config = results.paper, results.config
    spec = paper.tables[name]
    if config.paper_rows == "auto":
        shown = {config.models[experiment.model].paper_model for experiment in config.experiments}
    else:
        shown = set(spec.models if config.paper_rows else ())
    rows = [
        [
            row
            for variant in spec.variants
            if (model, variant) not in covered and (row := paper.row(model, variant))
        ]
        for model in spec.models
        if model in shown
    ]
    return [group for group in rows if group]


def record(results: Results, cell: Cell, best: bool) -> dict[str, Any]:
    """Return a cell as one flat record of the CSV file; what does not apply is empty."""
    low, high = (cell.interval if cell.run else None) or (None, None)
    change = cell.pairing
    change_low, change_high = (change.interval if change else None) or (None, None)
    return {
        "model": cell.model,
        "model_label": results.config.models[cell.model].label,
        "method": cell.method,
        "method_label": method_label(results, cell.method),
        "benchmark": cell.benchmark,
        "benchmark_label": results.label(cell.benchmark),
        "stamp": results.stamp.kind,
        "seeds": " ".join(map(str, cell.seeds)),
        "solved": " ".join(map(str, cell.solved)),
        "total": cell.total or None,
        "pass_at_1": _rounded(cell.rate) if cell.run else None,
        "wilson_low": _rounded(low),
        "wilson_high": _rounded(high),
        "seed_sd": _rounded(cell.spread) if cell.run else None,
        "to_base": _percent(change.estimate if change else None),
        "to_base_low": _percent(change_low),
        "to_base_high": _percent(change_high),
        "sign_flip_p": _rounded(change.p_value, 6) if change else None,
        "gained": " ".join(map(str, change.gained)) if change else "",
        "lost": " ".join(map(str, change.lost)) if change else "",
        "paper_solved": cell.paper_solved,
        "paper_total": cell.paper_total,
        "paper_pass_at_1": _rounded(cell.paper_rate),
        "paper_to_base": _rounded(cell.paper_to_base),
        "difference_tasks": _rounded(cell.difference),
        "best": str(best).lower(),
        "verdict": cell.verdict,
        "flips_at": cell.flips_at,
    }


def counts(cell: Cell) -> str:
    """Return ``solved/total`` (the mean over seeds if there are several)."""
    return f"{number(cell.mean_solved, 0 if len(cell.solved) == 1 else 1)}/{cell.total}"


def interval(cell: Cell) -> str:
    """Return the interval in percent, or that there are too few tasks for one."""
    ends = None if cell.interval is None else tuple(map(number, cell.interval))
    return bracket(ends, cell.independent)


def method_label(results: Results, method: str) -> str:
    """Return how the tables name a method; one that the paper does not have says so."""
    label = results.config.method_label(method)
    return label if method in results.paper.variants else f"{label} (not in the paper)"


def _is_best(cell: Cell, cells: Mapping[str, Sequence[Cell]]) -> bool:
    """Return whether it is above base beyond chance, and no method of the model solves more."""
    column = [other for row in cells.values() for other in row if other.benchmark == cell.benchmark]
    most = max((other.mean_solved for other in column if other.run), default=0)
    above = cell.pairing is not None and cell.pairing.direction > 0
    return cell.run and above and cell.mean_solved == most


def _score(cell: Cell, best: bool) -> Text:
    if not cell.run:
        return Text(cell.verdict)
    spread = f" ± {number(cell.spread)}" if cell.spread is not None else ""
    link = f"#cell/{cell.model}/{cell.method}/{cell.benchmark}"
    sure = f"; {change_text(cell.pairing)}" if cell.pairing else f" {interval(cell)}"
    return Text(number(cell.rate) + spread, best, counts(cell) + sure, link)


def _paper_score(cell: Cell) -> Text:
    if cell.paper_rate is None:
        return Text("–")
    difference = "" if cell.difference is None else f", {signed(cell.difference)} tasks"
    return Text(
        number(cell.paper_rate),
        secondary=f"{cell.paper_solved}/{cell.paper_total}{difference}, {cell.verdict}",
    )


def _reference_row(results: Results, row: PaperRow) -> list[Text]:
    paper = results.paper
    columns = [results.dataset(b) for b in results.benchmarks]
    cells = [Text(f"{paper.models[row.model]} (paper)"), Text(paper.variants[row.variant])]
    for column in columns:
        if column in paper.totals:
            counted = f"{row.solved[column]}/{paper.totals[column]}, {NOT_RUN} here"
            cells.append(Text(f"{row.score[column]:.1f}", secondary=counted))
        else:
            cells.append(Text("–"))
    return cells


def _reference_record(results: Results, row: PaperRow, benchmark: str) -> dict[str, Any]:
    paper, column = results.paper, results.dataset(benchmark)
    solved, total = row.solved.get(column), paper.totals.get(column)
    known = {
        "model": row.model,
        "model_label": f"{paper.models[row.model]} (paper)",
        "method": row.variant,
        "method_label": paper.variants[row.variant],
        "benchmark": benchmark,
        "benchmark_label": results.label(benchmark),
        "stamp": results.stamp.kind,
        "paper_solved": solved,
        "paper_total": total,
        "paper_pass_at_1": _rounded(100 * solved / total) if solved is not None and total else None,
        "verdict": NOT_RUN,
    }
    return {key: known.get(key) for key in RECORD_KEYS}


def _detail_row(results: Results, cell: Cell) -> list[Text]:
    label = results.config.models[cell.model].label
    head = [label, method_label(results, cell.method), results.label(cell.benchmark)]
    paper = "–" if cell.paper_solved is None else f"{cell.paper_solved}/{cell.paper_total}"
    theirs = "–" if cell.paper_to_base is None else points(cell.paper_to_base / 100)
    if not cell.run:
        return [*map(Text, [*head, *["–"] * 7, paper, theirs, cell.verdict, "–"])]
    each = f"{len(cell.seeds)}: {', '.join(map(str, cell.solved))}"
    change = cell.pairing
    texts = [
        *(counts(cell), number(cell.rate), interval(cell), "1" if cell.spread is None else each),
        *((change_text(change), discordant(change), p_text(change.p_value)) if change else "–––"),
        *(paper, theirs),
        cell.verdict,
        "–" if cell.flips_at is None else str(cell.flips_at),
    ]
    return [*map(Text, [*head, *texts])]


def _score_notes(results: Results, name: str, reference: bool) -> list[str]:
    config = results.config
    seeds = results.scores.groupby(["model", "method", "benchmark"])["seed"].count()
    notes = [
        "Pass@1 in percent, greedy decoding; behind it solved/total tasks and, for base, the 95% "
        "Wilson interval. Bold: above base beyond chance (p below "
        f"{SIGNIFICANCE:g}), where no variant of the model solves more.",
        "Trained variants: difference to base in percentage points with its 95% interval, from "
        "each task's mean over seeds (bootstrap over tasks). p: sign-flip permutation test of the "
        "same means; with one seed, McNemar's exact test. These p-values are descriptive: one for "
        "each cell, not adjusted for their number. Adjusted tests are in claims.md. Where p and an "
        "interval seem to differ, verdicts go by p.",
    ]
    if (seeds > 1).any():
        notes.append("Mean over training seeds, ± their standard deviation.")
    if results.clusters and any(results.clusters.values()):
        notes.append("Tasks made from one template are one cluster in intervals and tests.")
    if any(config.models[experiment.model].paper_model for experiment in config.experiments):
        notes.append("Verdict. " + VERDICT_RULE)
    shown = {config.methods[m].trainer for _, methods in rows_of(config, name) for m in methods}
    notes += [entry.note for trainer, entry in TRAINERS.items() if trainer in shown and entry.note]
    if reference:
        totals = ", ".join(
            f"{results.paper.labels[b]} {total}" for b, total in results.paper.totals.items()
        )
        notes.append(
            f"Rows marked (paper) are the paper's own numbers on the full benchmarks ({totals} "
            "tasks), for reference; this run has no row of its own for them."
        )
    return notes


def _percent(value: float | None) -> float | None:
    return None if value is None else _rounded(100 * value)


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(value, digits) + 0.0
