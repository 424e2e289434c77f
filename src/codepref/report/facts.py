"""What was run, when, how long, with which code and where: for the first screen."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from codepref.progress import duration_text
from codepref.provenance.record import Provenance
from codepref.report.costs import History
from codepref.tables.results import Results


def facts(
    results: Results,
    history: History,
    problem_report: Mapping[str, Any],
    statistics: Sequence[Mapping[str, Any]],
) -> list[tuple[str, str]]:
    """Return (name, what) lines about a run."""
    found = [("Run", _what(results, problem_report, statistics))]
    if statistics:
        found.append(("Samples", "; ".join(_samples(results, item) for item in statistics)))
    if not history.records:
        return found
    records = sorted(history.records, key=lambda record: record.started)
    code = ", ".join(sorted({str(r.code.commit)[:12] for r in records}))
    if any(record.code.dirty for record in records):
        code += ", with uncommitted changes"
    return [
        *found,
        ("When", _when(records)),
        ("How long", _how_long(history)),
        ("Commit", code),
        ("Machine", "; ".join(machines(records))),
    ]


def machines(records: Sequence[Provenance]) -> list[str]:
    """Return the machines of some jobs in words."""
    return sorted(
        {
            f"{r.machine.processor}, {r.machine.cores} cores, {r.machine.memory_mb // 1024} GiB"
            + "".join(f", {gpu}" for gpu in r.machine.gpus)
            for r in records
        }
    )


def _what(
    results: Results,
    problem_report: Mapping[str, Any],
    statistics: Sequence[Mapping[str, Any]],
) -> str:
    config = results.config
    parts = []
    for experiment in config.experiments:
        ran = set(results.scores.loc[results.scores["model"] == experiment.model, "method"])
        if results.samples is not None:
            of = results.samples
            ran |= set(of.loc[of["model"] == experiment.model, "method"])
        base = results.config.base_of(experiment.model)
        trained = [method for method in experiment.methods if method in ran - {base}]
        named = "; ".join(map(config.method_label, trained)) or "no training"
        parts.append(f"{config.models[experiment.model].label} ({named})")
    pairs = ", ".join(
        f"{item['pairs']} pairs of {config.models[item['model']].label}" for item in statistics
    )
    # Of a pilot's candidates not all are sampled.
    sampled = max(
        (item["problems"]["total"] for item in statistics), default=problem_report["kept_total"]
    )
    made = f"; {sampled} problems gave {pairs}" if pairs else ""
    graded = " and ".join(config.benchmarks[name].label for name in config.use_benchmarks)
    return f"{'; '.join(parts)}{made}; graded on {graded}"


def _samples(results: Results, item: Mapping[str, Any]) -> str:
    """Return how many samples of a model passed, were cut, and had no code."""
    counts = item["samples"]
    return (
        f"{counts['total']} of {results.config.models[item['model']].label}: "
        f"{counts['passed']} passed, {counts['truncated']} cut at the token limit, "
        f"{counts['by_verdict'].get('no_code', 0)} without code"
    )


def _when(records: Sequence[Provenance]) -> str:
    start = datetime.fromisoformat(records[0].started)
    end = max(datetime.fromisoformat(r.started) + timedelta(seconds=r.seconds) for r in records)
    whole = duration_text((end - start).total_seconds())
    last = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%Y-%m-%d %H:%M} to {last} UTC, {whole} from the first job to the last"


def _how_long(history: History) -> str:
    stages = history.stages()
    text = f"{duration_text(sum(s.cpu_seconds for s in stages))} of processor time"
    gpu = sum(stage.gpu_seconds for stage in stages)
    text += f", {gpu / 3600:.1f} GPU hours" if gpu else ""
    return f"{text}, in {sum(stage.jobs for stage in stages)} jobs"
