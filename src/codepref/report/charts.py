"""Data of the figures that answer on hover: differences, scores, pass@k."""

from typing import Any

from codepref.tables.results import Answers, Results
from codepref.tables.sampled import KS, SampledResults

Rows = list[dict[str, Any]]


def differences(results: Results) -> Rows:
    """Return every difference to base in percentage points that has an interval."""
    sources: list[Answers] = ["greedy"] if results.samples is None else ["greedy", "sampled"]
    rows = []
    for experiment in results.config.experiments:
        base = results.config.base_of(experiment.model)
        for method in experiment.methods:
            if base is None or results.config.methods[method].trainer == "none":
                continue
            for answers in sources:
                for name in results.answered(answers):
                    for column in (name, f"{name}+"):
                        found = results.pairing(experiment.model, base, method, [column], answers)
                        if found is None or found.interval is None:
                            continue
                        low, high = found.interval
                        rows.append(
                            {
                                **_names(results, experiment.model, method, column),
                                "answers": answers,
                                "points": _percent(found.estimate),
                                "low": _percent(low),
                                "high": _percent(high),
                                "p": round(found.p_value, 4),
                            }
                        )
    return rows


def scores(results: Results) -> Rows:
    """Return every pass@1 that has an interval, and the paper's where the two can be compared."""
    rows = []
    for experiment in results.config.experiments:
        for method in experiment.methods:
            for column in results.benchmarks:
                cell = results.cell(experiment.model, method, column)
                if cell.run and cell.interval is not None:
                    low, high = cell.interval
                    rows.append(
                        {
                            **_names(results, experiment.model, method, column),
                            "rate": round(cell.rate, 2),
                            "low": round(low, 2),
                            "high": round(high, 2),
                            "solved": " ".join(map(str, cell.solved)),
                            "total": cell.total,
                            "paper": cell.paper_rate if cell.comparable else None,
                        }
                    )
    return rows


def pass_at_k(results: Results) -> Rows:
    """Return pass@k in percent of every policy that was sampled."""
    if results.samples is None:
        return []
    return [
        {
            **_names(results, cell.model, cell.method, cell.benchmark),
            "k": k,
            "rate": round(value, 2),
        }
        for cell in SampledResults(results.config, results.paper, results.samples).cells
        for k in KS
        if (value := cell.pass_at(k)) is not None
    ]


def _names(results: Results, model: str, method: str, benchmark: str) -> dict[str, str]:
    config = results.config
    return {
        "model": config.models[model].label,
        "method": config.method_label(method),
        "benchmark": results.label(benchmark),
    }


def _percent(value: float) -> float:
    return round(100 * value, 2) + 0.0
