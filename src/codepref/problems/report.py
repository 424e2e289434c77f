"""What became of the problems: numbers for programs, and a table for readers."""

import statistics
from collections import Counter
from typing import Any

from codepref.problems.merge import Merged

STEPS = [
    "needs a checker",
    "same address or text",
    "near duplicate",
    "benchmark task",
    "over the limit",
]


def report(merged: Merged, collected: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the report as JSON data.

    Args:
        merged: the merge's decisions.
        collected: the reports of the sources (``collect_problems.py --report``), if there are.
    """
    kept: Counter[str] = Counter()
    visible: list[int] = []
    hidden: list[int] = []
    difficulty: Counter[str] = Counter()
    licence: Counter[str] = Counter()
    interface: Counter[str] = Counter()
    references = 0
    for problem in merged.problems():
        kept[problem.source] += 1
        shown = sum(test.visible for test in problem.tests)
        visible.append(shown)
        hidden.append(len(problem.tests) - shown)
        difficulty[problem.difficulty or "unknown"] += 1
        licence[problem.licence] += 1
        interface[problem.interface] += 1
        references += problem.reference_solution is not None
    return {
        "collected": dict(sorted(merged.collected.items())),
        "skipped": {entry["source"]: entry["skipped"] for entry in collected},
        "dropped": {
            step: dict(sorted(merged.dropped[step].items()))
            for step in STEPS
            if merged.dropped.get(step)
        },
        "kept": dict(sorted(kept.items())),
        "kept_total": kept.total(),
        "tests_per_problem": {"visible": _spread(visible), "hidden": _spread(hidden)},
        "with_reference_solution": references,
        "difficulty": dict(difficulty.most_common()),
        "licence": dict(licence.most_common()),
        "interface": dict(interface.most_common()),
        "contaminated": [vars(item) for item in merged.contaminated if not item.by_chance],
        "chance_matches": [vars(item) for item in merged.contaminated if item.by_chance],
        "unchecked": dict(sorted(merged.unchecked.items())),
        "duplicates": [vars(item) for item in merged.duplicates],
    }


def table(data: dict[str, Any]) -> str:
    """Return the report as a readable Markdown page."""
    sources = sorted(set(data["collected"]) | set(data["skipped"]))
    steps = [step for step in STEPS if step in data["dropped"]]  # JSON files are sorted by name
    lines = ["# Problems", "", "## From where to where", ""]
    lines += _row("source", "skipped at the source", "collected", *steps, "kept")
    lines += _row(*["---"] + ["---:"] * (len(steps) + 3))
    for source in sources:
        lines += _row(
            source,
            sum(data["skipped"].get(source, {}).values()),
            data["collected"].get(source, 0),
            *(data["dropped"][step].get(source, 0) for step in steps),
            data["kept"].get(source, 0),
        )
    lines += _row(
        "**all**",
        sum(sum(reasons.values()) for reasons in data["skipped"].values()),
        sum(data["collected"].values()),
        *(sum(data["dropped"][step].values()) for step in steps),
        data["kept_total"],
    )
    if any(data["skipped"].values()):
        lines += ["", "## Skipped at the source", ""]
        lines += _row("source", "reason", "items") + _row("---", "---", "---:")
        for source in sources:
            for reason, count in sorted(data["skipped"].get(source, {}).items()):
                lines += _row(source, reason, count)
    lines += ["", "## What was kept", ""]
    columns = ("least", "median", "mean", "most")
    lines += _row("", *columns) + _row("---", *["---:"] * 4)
    for kind in ("visible", "hidden"):
        spread = data["tests_per_problem"][kind]
        lines += _row(f"{kind} tests per problem", *(spread[column] for column in columns))
    lines += [""]
    for name in ("difficulty", "licence", "interface"):
        counts = ", ".join(f"{key}: {data[name][key]}" for key in sorted(data[name]))
        lines.append(f"- {name}: {counts}")
    lines.append(f"- with a reference solution: {data['with_reference_solution']}")
    lines += ["", "## Problems that are benchmark tasks", ""]
    lines += _findings(data["contaminated"]) or ["None was found."]
    if data["chance_matches"]:
        lines += ["", "### By chance only", ""]
        lines += ["Their solutions answer the task's inputs, but the task's solution gives other"]
        lines += ["answers to the problem's own tests. Kept.", ""]
        lines += _findings(data["chance_matches"])
    if data["unchecked"]:
        counts = ", ".join(f"{reason}: {count}" for reason, count in data["unchecked"].items())
        lines += ["", f"Not checked by behaviour: {counts}."]
    lines += ["", "## Duplicates", ""]
    if data["duplicates"]:
        lines += _row("dropped", "kept", "similarity") + _row("---", "---", "---:")
        for item in data["duplicates"]:
            lines += _row(item["problem"], item["kept"], f"{item['similarity']:.2f}")
    else:
        lines.append("None was found.")
    return "\n".join(lines) + "\n"


def _findings(items: list[dict[str, Any]]) -> list[str]:
    if not items:
        return []
    lines = _row("problem", "task", "found by", "evidence") + _row(*["---"] * 4)
    for item in items:
        lines += _row(item["problem"], item["task"], item["way"], item["evidence"])
    return lines


def _row(*cells: Any) -> list[str]:
    return ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"]


def _spread(numbers: list[int]) -> dict[str, float]:
    if not numbers:
        return {"least": 0, "median": 0, "mean": 0, "most": 0}
    return {
        "least": min(numbers),
        "median": statistics.median(numbers),
        "mean": round(statistics.fmean(numbers), 2),
        "most": max(numbers),
    }
