"""The tables of sampled answers: pass rates beside the greedy score, and why samples failed."""

from statistics import stdev
from typing import Any

from codepref.config import Config
from codepref.tables.differences import Pairing
from codepref.tables.frames import FAILURES
from codepref.tables.layout import (
    RenderedTable,
    Table,
    Text,
    change_text,
    few_notes,
    number,
    p_text,
)
from codepref.tables.results import Results
from codepref.tables.sampled import KS, SampledCell, SampledResults

Rows = list[list[list[Text]]]


def sampled_tables(results: Results) -> list[RenderedTable]:
    """Lay out the two tables of sampled answers; none without samples."""
    if results.samples is None:
        return []
    sampled = SampledResults(results.config, results.paper, results.samples)
    return [_pass_table(results, sampled), _failure_table(results, sampled)]


def _pass_table(results: Results, sampled: SampledResults) -> RenderedTable:
    ks = [k for k in KS[1:] if any(k <= cell.samples_per_task for cell in sampled.cells)]
    header = ["Model", "Variant", "Benchmark", "Samples", "Greedy %", "Mean %"]
    header += ["To base, points", "p"]
    header += [f"Pass@{k} %" for k in ks]
    groups: Rows = []
    records = []
    for cell in sampled.cells:
        greedy = _greedy(results, cell)
        change = _change(results, cell)
        values = {k: cell.pass_at(k) for k in ks}
        row = [
            *head(sampled, cell),
            Text(sample_counts(cell)),
            Text(_percent(greedy)),
            Text(number(100 * cell.passed / cell.total) + _spread(cell)),
            Text(change_text(change) if change else "–"),
            Text(p_text(change.p_value).removeprefix("p ").removeprefix("= ") if change else "–"),
            *(Text(_percent(value)) for value in values.values()),
        ]
        _add(groups, row)
        records.append(
            {
                **names(results, sampled, cell),
                "greedy": _rounded(greedy),
                "mean_pass_rate": _rounded(100 * cell.passed / cell.total),
                **_change_record(change),
                **{f"pass_at_{k}": _rounded(value) for k, value in values.items()},
            }
        )
    notes = [
        "Greedy: pass@1 of the one greedy answer (Tables 1 and 2). Mean: mean pass rate over the "
        f"samples, which is pass@1; {_drawn(sampled.config)}. Pass@k: the unbiased estimate of the "
        "chance that one of k samples is solved (Chen et al. 2021, equation 1), mean over tasks. "
        "Solved is what both judges pass.",
        "To base: difference of the mean pass rates in percentage points [95% interval], from the "
        "means of each task over samples and training seeds; tasks made from one template are one "
        "cluster. p: sign-flip permutation test over clusters, unadjusted, so descriptive; claims "
        "are decided by tests that are adjusted.",
    ]
    if any(len(cell.solved) > 1 for cell in sampled.cells):
        notes.append("Mean over training seeds, ± the standard deviation of the mean pass rate.")
    title = "Sampled answers: mean pass rate and pass@k beside the greedy score"
    return _table("sampled", title, header, groups, notes, records, results)


def _failure_table(results: Results, sampled: SampledResults) -> RenderedTable:
    shown = [name for name in FAILURES if any(name in cell.failures for cell in sampled.cells)]
    header = ["Model", "Variant", "Benchmark", "Samples", "Passed %"]
    header += [f"{name.replace('_', ' ').capitalize()} %" for name in shown]
    groups: Rows = []
    records = []
    for cell in sampled.cells:
        counts = {name: cell.failures.get(name, 0) for name in FAILURES}
        shares = [
            100 * count / cell.total for count in (cell.passed, *(counts[name] for name in shown))
        ]
        row = [*head(sampled, cell), Text(sample_counts(cell)), *map(Text, map(number, shares))]
        _add(groups, row)
        records.append({**names(results, sampled, cell), **counts})
    notes = [
        f"Share of all samples; {_drawn(sampled.config)}. The class is that of the first part that "
        "failed: base, else plus. Compile error: no Python program. No code: nothing to run in the "
        "response. What only EvalPlus's process passed has the second judge's class."
    ]
    title = "Sampled answers: why they failed"
    return _table("failures", title, header, groups, notes, records, results)


def _table(
    name: str,
    title: str,
    header: list[str],
    groups: Rows,
    notes: list[str],
    records: list[dict[str, Any]],
    results: Results,
) -> RenderedTable:
    overview = Table(
        name, title, header, groups, [*notes, *few_notes(groups)], results.stamp.text, 3
    )
    return RenderedTable(name, overview, None, records)


def _add(groups: Rows, row: list[Text]) -> None:
    """Add a row to the group of its model, which is a new one if the model is."""
    model = row[0]
    if not groups or groups[-1][0][0] != model:
        groups.append([])
    groups[-1].append(row)


def head(sampled: SampledResults, cell: SampledCell) -> list[Text]:
    """Return the labels that a row begins with: model, variant, benchmark column."""
    config = sampled.config
    names = config.models[cell.model].label, config.method_label(cell.method)
    return [*map(Text, names), Text(sampled.label(cell.benchmark))]


def names(results: Results, sampled: SampledResults, cell: SampledCell) -> dict[str, Any]:
    """Return the columns that the CSV files begin with."""
    model, method, benchmark = head(sampled, cell)
    return {
        "model": cell.model,
        "model_label": model.text,
        "method": cell.method,
        "method_label": method.text,
        "benchmark": cell.benchmark,
        "benchmark_label": benchmark.text,
        "stamp": results.stamp.kind,
        "seeds": " ".join(map(str, cell.solved)),
        "samples_per_task": cell.samples_per_task,
        "samples": cell.total,
        "passed": cell.passed,
    }


def _drawn(config: Config) -> str:
    used = config.evaluation
    return f"drawn at temperature {used.temperature:g}, top-p {used.top_p:g}"


def sample_counts(cell: SampledCell) -> str:
    """Return how many samples there are: seeds, tasks and samples of each."""
    tasks = {len(of_seed) for of_seed in cell.solved.values()}.pop()
    seeds = f"{len(cell.solved)} × " if len(cell.solved) > 1 else ""
    return f"{seeds}{tasks} × {cell.samples_per_task}"


def _greedy(results: Results, cell: SampledCell) -> float | None:
    if cell.benchmark not in results.benchmarks:
        return None
    found = results.cell(cell.model, cell.method, cell.benchmark)
    return found.rate if found.run else None


def _change(results: Results, cell: SampledCell) -> Pairing | None:
    base = results.config.base_of(cell.model)
    if base in (None, cell.method):
        return None
    return results.pairing(cell.model, base, cell.method, [cell.benchmark], "sampled")


def _change_record(change: Pairing | None) -> dict[str, float | None]:
    low, high = (change.interval if change else None) or (None, None)
    values = (change.estimate if change else None, low, high)
    names = ("to_base", "to_base_low", "to_base_high")
    found = {
        name: _rounded(None if value is None else 100 * value)
        for name, value in zip(names, values, strict=True)
    }
    return {**found, "sign_flip_p": _rounded(change.p_value if change else None)}


def _spread(cell: SampledCell) -> str:
    by_seed = cell.by_seed(1)
    return f" ± {number(stdev(by_seed))}" if len(by_seed) > 1 else ""


def _percent(value: float | None) -> str:
    return "–" if value is None else number(value)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0
