"""Tables 1 and 2: pass@1 of every variant, ours beside the paper's."""

from collections.abc import Mapping, Sequence
from typing import Any

from codepref.config import Config
from codepref.tables.layout import (
    DEMO_STAMP,
    NOT_RUN,
    PaperTable,
    Table,
    Text,
    deviation_notes,
    discordant,
    full_title,
    lora_notes,
    number,
    p_text,
    signed,
)
from codepref.tables.paper import PaperRow
from codepref.tables.results import Cell, Results
from codepref.tables.statistics import VERDICT_RULE

RECORD_KEYS = [
    "model",
    "model_label",
    "method",
    "method_label",
    "benchmark",
    "benchmark_label",
    "scale",
    "seeds",
    "solved",
    "total",
    "pass_at_1",
    "wilson_low",
    "wilson_high",
    "seed_sd",
    "paper_solved",
    "paper_total",
    "paper_pass_at_1",
    "difference_tasks",
    "gained",
    "lost",
    "mcnemar_p",
    "best",
    "verdict",
]
"""the columns of the CSV files of Tables 1 and 2"""

PPO_NOTE = (
    "PPO: the objective of equations 1 and 2, without a critic (TRL's RLOO). A response's baseline "
    "is the mean reward of the other responses to the same problem, less the KL penalty; "
    "probability ratio and clipping are per response. PPO with a critic has a learned value "
    "function, generalised advantage estimation and ratios per token instead."
)


def off_policy_methods(config: Config) -> list[str]:
    """Return the methods that train on another model's pairs."""
    return [name for name, method in config.methods.items() if method.pairs == "off_policy"]


def table1_rows(config: Config) -> list[tuple[str, list[str]]]:
    """Return models and methods of Table 1: everything but off-policy training."""
    off_policy = off_policy_methods(config)
    return [
        (experiment.model, [name for name in experiment.methods if name not in off_policy])
        for experiment in config.experiments
    ]


def table2_rows(config: Config) -> list[tuple[str, list[str]]]:
    """Return models and methods of Table 2: base, off-policy, and the same trainer on-policy."""
    rows = []
    for experiment in config.experiments:
        off_policy = [m for m in experiment.methods if m in off_policy_methods(config)]
        trainers = {config.methods[m].trainer for m in off_policy}
        own = [
            m
            for m in experiment.methods
            if m not in off_policy and config.methods[m].trainer in trainers
        ]
        if off_policy:
            base = [m for m in experiment.methods if config.methods[m].trainer == "none"]
            rows.append((experiment.model, [*base, *off_policy, *own]))
    return rows


def score_table(results: Results, name: str) -> PaperTable:
    """Lay out Table 1 or 2 ("table1", "table2")."""
    config, paper = results.config, results.paper
    spec = paper.tables["table1" if name == "table1" else "table2"]
    shown = table1_rows(config) if name == "table1" else table2_rows(config)
    columns = results.benchmarks
    demo = config.scale == "demo"
    look: list[list[list[Text]]] = []
    detail: list[list[list[Text]]] = []
    records: list[dict[str, Any]] = []
    covered: set[tuple[str | None, str]] = set()
    for model, methods in shown:
        cells = {(m, b): results.cell(model, m, b) for m in methods for b in columns}
        group = []
        for method in methods:
            row = [cells[method, b] for b in columns]
            label = _method_label(results, method)
            group.append(
                [Text(config.models[model].label), Text(label)]
                + [_score(cell, _is_best(cell, cells, methods)) for cell in row]
            )
            if any(cell.paper_solved is not None for cell in row):
                group.append([Text(""), Text(f"{label}, paper")] + [_paper_score(c) for c in row])
                covered.add((config.models[model].paper_model, method))
            detail.append([_detail_row(results, cell, label) for cell in row])
            records += [record(results, cell, _is_best(cell, cells, methods)) for cell in row]
        look.append(group)
    reference = [
        [
            reported_row
            for variant in spec.variants
            if (paper_model, variant) not in covered
            and (reported_row := paper.row(paper_model, variant))
        ]
        for paper_model in spec.models
    ]
    for reported in filter(None, reference):
        look.append([_reference_row(results, row) for row in reported])
        records += [_reference_record(results, row, b) for row in reported for b in columns]
    notes = _score_notes(results, name)
    stamp = DEMO_STAMP if demo else ""
    header = [
        results.label(b) + (f", {results.totals[b]} tasks" if b in results.totals else "")
        for b in columns
    ]
    return PaperTable(
        name=name,
        look=Table(
            name, full_title(name, spec.title), ["Model", "Variant", *header], look, notes, stamp
        ),
        detail=Table(
            f"{name}-cells",
            f"{full_title(name, spec.title)}, cell by cell",
            [
                "Model",
                "Variant",
                "Benchmark",
                "Solved",
                "Pass@1 %",
                "95% interval",
                "Seeds",
                "Paper",
                "Difference",
                "Against base",
                "McNemar",
                "Verdict",
            ],
            detail,
            notes,
            stamp,
            text_columns=3,
        ),
        records=records,
    )


def record(results: Results, cell: Cell, best: bool) -> dict[str, Any]:
    """Return a cell as one flat record of the CSV file; what does not apply is empty."""
    low, high = cell.interval if cell.run else (None, None)
    return {
        "model": cell.model,
        "model_label": results.config.models[cell.model].label,
        "method": cell.method,
        "method_label": _method_label(results, cell.method),
        "benchmark": cell.benchmark,
        "benchmark_label": results.label(cell.benchmark),
        "scale": results.config.scale,
        "seeds": " ".join(map(str, cell.seeds)),
        "solved": " ".join(map(str, cell.solved)),
        "total": cell.total or None,
        "pass_at_1": _rounded(cell.rate) if cell.run else None,
        "wilson_low": _rounded(low),
        "wilson_high": _rounded(high),
        "seed_sd": _rounded(cell.spread) if cell.run else None,
        "paper_solved": cell.paper_solved,
        "paper_total": cell.paper_total,
        "paper_pass_at_1": _rounded(cell.paper_rate),
        "difference_tasks": _rounded(cell.difference),
        "gained": " ".join(str(test.gained) for test in cell.tests),
        "lost": " ".join(str(test.lost) for test in cell.tests),
        "mcnemar_p": _rounded(cell.p_value, 6),
        "best": str(best).lower(),
        "verdict": cell.verdict,
    }


def from_records(name: str, records: Sequence[Mapping[str, Any]]) -> Table:
    """Return Table 1 or 2 in short, from the records of its CSV file (as text)."""
    columns = list(dict.fromkeys(r["benchmark_label"] for r in records))
    models = list(dict.fromkeys(r["model_label"] for r in records))
    groups = []
    for model in models:
        ours = [r for r in records if r["model_label"] == model]
        group = []
        for method in dict.fromkeys(r["method_label"] for r in ours):
            row = {r["benchmark_label"]: r for r in ours if r["method_label"] == method}
            cells = [row[column] for column in columns]
            if any(r["solved"] for r in cells):
                group.append([Text(model), Text(method), *map(_short_score, cells)])
            if any(r["paper_solved"] for r in cells):
                label = method if model.endswith("(paper)") else f"{method}, paper"
                group.append([Text(model), Text(label), *map(_short_paper, cells)])
        groups.append(group)
    demo = any(r["scale"] == "demo" for r in records)
    return Table(
        name,
        full_title(name, "pass@1"),
        ["Model", "Variant", *columns],
        groups,
        [],
        DEMO_STAMP if demo else "",
    )


def _short_score(r: Mapping[str, Any]) -> Text:
    if not r["solved"]:
        return Text(NOT_RUN)
    solved = r["solved"].replace(" ", ", ")
    return Text(f"{float(r['pass_at_1']):.1f}", r["best"] == "true", f"{solved}/{r['total']}")


def _short_paper(r: Mapping[str, Any]) -> Text:
    if not r["paper_solved"]:
        return Text("–")
    rate = f"{float(r['paper_pass_at_1']):.1f}"
    return Text(rate, secondary=f"{r['paper_solved']}/{r['paper_total']}")


def counts(cell: Cell) -> str:
    """Return ``solved/total`` (the mean over seeds if there are several)."""
    return f"{number(cell.mean_solved, 0 if len(cell.solved) == 1 else 1)}/{cell.total}"


def interval(cell: Cell) -> str:
    """Return the interval in percent."""
    low, high = cell.interval
    return f"[{number(low)}, {number(high)}]"


def _method_label(results: Results, method: str) -> str:
    label = results.config.method_label(method)
    return label if method in results.paper.variants else f"{label} (not in the paper)"


def _is_best(cell: Cell, cells: dict[tuple[str, str], Cell], methods: list[str]) -> bool:
    others = [cells[method, cell.benchmark] for method in methods]
    ran = [other.mean_solved for other in others if other.run]
    return cell.run and min(ran) < cell.mean_solved == max(ran)


def _score(cell: Cell, best: bool) -> Text:
    if not cell.run:
        return Text(NOT_RUN)
    spread = f" ± {number(cell.spread)}" if cell.spread is not None else ""
    return Text(number(cell.rate) + spread, best, f"{counts(cell)} {interval(cell)}")


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
    return [
        Text(f"{paper.models[row.model]} (paper)"),
        Text(paper.variants[row.variant]),
        *(
            Text(
                f"{row.score[column]:.1f}",
                secondary=f"{row.solved[column]}/{paper.totals[column]}, {NOT_RUN} here",
            )
            if column in paper.totals
            else Text("–")
            for column in columns
        ),
    ]


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
        "scale": results.config.scale,
        "paper_solved": solved,
        "paper_total": total,
        "paper_pass_at_1": _rounded(100 * solved / total) if solved is not None and total else None,
        "verdict": NOT_RUN,
    }
    return {key: known.get(key) for key in RECORD_KEYS}


def _detail_row(results: Results, cell: Cell, label: str) -> list[Text]:
    head = [
        Text(results.config.models[cell.model].label),
        Text(label),
        Text(results.label(cell.benchmark)),
    ]
    paper = "–" if cell.paper_solved is None else f"{cell.paper_solved}/{cell.paper_total}"
    difference = "–" if cell.difference is None else f"{signed(cell.difference)} tasks"
    if not cell.run:
        return [*head, *[Text("–")] * 4, Text(paper), *[Text("–")] * 3, Text(NOT_RUN)]
    seeds = (
        f"{len(cell.seeds)}: {', '.join(map(str, cell.solved))}" if cell.spread is not None else "1"
    )
    return [
        *head,
        Text(counts(cell)),
        Text(number(cell.rate)),
        Text(interval(cell)),
        Text(seeds),
        Text(paper),
        Text(difference),
        Text(discordant(cell.tests) or "–"),
        Text(p_text(cell.p_value) if cell.p_value is not None else "–"),
        Text(cell.verdict if cell.paper_solved is not None else "not in the paper"),
    ]


def _score_notes(results: Results, name: str) -> list[str]:
    config = results.config
    several = any(
        len(results.seeds(*key)) > 1
        for key in {(row.model, row.method, row.benchmark) for row in results.rows.values()}
    )
    notes = [
        "Pass@1 in percent, greedy decoding; behind it solved/total tasks and the 95% Wilson "
        "interval. Bold: the best variant of a model in this run."
    ]
    if several:
        notes.append(
            "Mean over training seeds, ± their standard deviation. McNemar's p is the largest over "
            "seeds: significant means significant in every seed."
        )
    notes.append("Against base: tasks gained and lost on the same tasks, exact McNemar test.")
    if any(config.models[experiment.model].paper_model for experiment in config.experiments):
        notes.append("Verdict. " + VERDICT_RULE)
    shown = table1_rows(config) if name == "table1" else table2_rows(config)
    if any(config.methods[m].trainer == "ppo" for _, methods in shown for m in methods):
        notes.append(PPO_NOTE)
    notes += lora_notes(config)
    if config.scale == "demo":
        totals = ", ".join(
            f"{results.paper.labels[b]} {total}" for b, total in results.paper.totals.items()
        )
        notes.append(
            f"Rows marked (paper) are the paper's own numbers on the full benchmarks ({totals} "
            "tasks), for reference; no row of this run is comparable with them."
        )
    return notes + deviation_notes(config)


def _rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(value, digits) + 0.0
