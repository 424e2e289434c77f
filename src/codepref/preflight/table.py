"""The one table of a preflight, and the throughputs that ``make plan`` reads."""

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from codepref.preflight.findings import Finding, Found
from codepref.text_table import text_table

HEAD = ("check", "found", "verdict", "mend")
THROUGHPUT = ("sampled_tokens_per_second", "trained_tokens_per_second")
"""Of each model: generated tokens, and tokens of both sides of pairs in DPO training (forward,
backward and optimizer step), a second of one GPU."""
_WIDTHS = (34, 44, 8, 44)


def rows(jobs: Iterable[Found]) -> list[Finding]:
    """Return every job's findings; what several jobs found well stands once."""
    kept: list[Finding] = []
    for finding in (one for job in jobs for one in job.findings):
        same = [one for one in kept if one.check == finding.check]
        if finding not in same and (finding.verdict != "ok" or not same):
            kept.append(finding)
    return kept


def as_text(findings: Sequence[Finding]) -> str:
    """Return the table for a terminal, its long cells in several lines."""
    groups = []
    for one in findings:
        cells = (one.check, one.found, one.verdict, one.mend)
        wrapped = [textwrap.wrap(c, w) or [""] for c, w in zip(cells, _WIDTHS, strict=True)]
        height = max(map(len, wrapped))
        padded = [lines + [""] * (height - len(lines)) for lines in wrapped]
        groups.append(list(zip(*padded, strict=True)))
    return text_table(HEAD, groups, text_columns=len(HEAD))


def as_markdown(findings: Sequence[Finding]) -> str:
    """Return the table for a reader of files."""
    lines = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    for one in findings:
        verdict = one.verdict if one.verdict == "ok" else f"**{one.verdict}**"
        cells = (one.check, one.found, verdict, one.mend)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def throughput(jobs: Sequence[Found]) -> dict[str, Any]:
    """Return what was measured: the GPU, the engine's start in seconds, rates of each model.

    What was not measured is null. Rates of a CPU say nothing of a run on GPUs, and are left out.
    """
    on_gpus = [job for job in jobs if job.hardware]
    starts = [job.figures["start_seconds"] for job in on_gpus if "start_seconds" in job.figures]
    models = sorted({job.model for job in jobs if job.model})
    rates: dict[str, dict[str, float | None]] = {m: dict.fromkeys(THROUGHPUT) for m in models}
    for job in on_gpus:
        if job.model:
            measured = {name: job.figures[name] for name in THROUGHPUT if name in job.figures}
            rates[job.model].update(measured)
    return {
        "hardware": on_gpus[0].hardware if on_gpus else "cpu",
        "start_seconds": max(starts, default=None),
        "models": rates,
    }
