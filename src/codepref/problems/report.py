"""What became of the problems: numbers for programs, and a table for readers."""

import statistics
from collections import Counter
from typing import Any

from codepref.problems.merge import Merged
from codepref.problems.pooling import Conflict
from codepref.problems.sharpening.sharpen import Sharpened

STEPS = [
    "needs a checker",
    "its checker does not compile",
    "its checker fails on the reference answer",
    "its checker refuses the reference answer",
    "its checker accepts an empty output",
    "its checker accepts None",
    "its checker cannot be used",
    "same address or text",
    "near duplicate",
    "benchmark task",
    "its reference solution fails its tests",
    "over the limit",
]
_CONFLICT = ["problem", "other", "input", "expected", "others"]
KINDS = ["difficulty", "licence", "interface"]


def report(
    merged: Merged, collected: list[dict[str, Any]], sharpened: Sharpened | None = None
) -> dict[str, Any]:
    """Return the report as JSON data.

    Args:
        merged: the merge's decisions.
        collected: the reports of the sources (``collect_problems.py --report``), if there are.
        sharpened: the tests that were made, if any were.
    """
    sharpened = sharpened or Sharpened()
    kept: Counter[str] = Counter()
    tests: dict[str, list[int]] = {"visible": [], "hidden": []}
    kinds: dict[str, Counter[str]] = {name: Counter() for name in KINDS}
    references = 0
    conflicts: list[Conflict] = []
    for found, _ in merged.pools():
        problem = found.problem
        conflicts += found.conflicts
        kept[problem.source] += 1
        shown = sum(test.visible for test in problem.tests)
        tests["visible"].append(shown)
        made = sharpened.added.get(problem.id, 0)
        tests["hidden"].append(len(problem.tests) - shown + made)
        for name, counts in kinds.items():
            counts[getattr(problem, name) or "unknown"] += 1
        references += problem.reference_solution is not None
    return {
        "collected": merged.collected,
        **_of_sources(collected),
        "dropped": {step: merged.dropped[step] for step in STEPS if step in merged.dropped},
        "kept": kept,
        "kept_total": kept.total(),
        "tests_per_problem": {kind: _spread(counts) for kind, counts in tests.items()},
        "with_reference_solution": references,
        "sharpened": {
            "problems": sharpened.problems,
            "tests": sharpened.tests,
            "left": sharpened.left,
        },
        **kinds,
        "contaminated": [vars(item) for item in merged.contaminated if not item.by_chance],
        "chance_matches": [vars(item) for item in merged.contaminated if item.by_chance],
        "unchecked": {reason: len(ids) for reason, ids in merged.unchecked.items()},
        "unchecked_ids": merged.unchecked,
        "duplicates": [vars(item) for item in merged.duplicates],
        "conflicts": [vars(item) for item in conflicts],
        "faulty_checkers": [
            {"problem": name, **vars(fault)}
            for name, fault in sorted(merged.faulty_checkers.items())
        ],
        "broken_references": merged.broken_references,
    }


def _of_sources(collected: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "skipped": {entry["source"]: entry["skipped"] for entry in collected},
        "cost": {
            entry["source"]: {name: entry.get(name) for name in ("seconds", "mib")}
            for entry in collected
        },
        "synthesis": [entry["synthesis"] for entry in collected if "synthesis" in entry],
    }


def table(data: dict[str, Any]) -> str:
    """Return the report as a readable Markdown page."""
    dropped, skipped = data["dropped"], data["skipped"]
    sources = sorted(set(data["collected"]) | set(skipped))
    steps = [step for step in STEPS if step in dropped]  # JSON files are sorted by name
    counts = [{source: sum(reasons.values()) for source, reasons in skipped.items()}]
    counts += [data["collected"], *(dropped[step] for step in steps), data["kept"]]
    rows = [[source, *(count.get(source, 0) for count in counts)] for source in sources]
    rows.append(["**all**", *(sum(count.values()) for count in counts)])
    header = ["source", "skipped at the source", "collected", *steps, "kept"]
    lines = ["# Problems", "", "## From where to where", "", *_table(header, rows, 1)]
    rows = [[source, cost["seconds"], cost["mib"]] for source, cost in sorted(data["cost"].items())]
    if "seconds" in data:
        rows.append(["**merging**", data["seconds"], data["mib"]])
    if rows:
        lines += ["", "## What it took", ""]
        lines += _table(["", "seconds", "MiB of records"], rows, 1)
    if any(skipped.values()):
        rows = [[s, *item] for s in sources for item in sorted(skipped.get(s, {}).items())]
        lines += ["", "## Skipped at the source", ""]
        lines += _table(["source", "reason", "items"], rows, 2)
    lines += _written(data.get("synthesis", []))
    columns = ["least", "median", "mean", "most"]
    spreads = [(kind, data["tests_per_problem"][kind]) for kind in ("visible", "hidden")]
    rows = [[f"{kind} tests per problem", *map(spread.get, columns)] for kind, spread in spreads]
    lines += ["", "## What was kept", "", *_table(["", *columns], rows, 1), ""]
    lines += [f"- {name}: {_counts(data[name])}" for name in KINDS]
    lines.append(f"- with a reference solution: {data['with_reference_solution']}")
    lines += _made_tests(data["sharpened"])
    lines += ["", "## Problems that are benchmark tasks", ""]
    lines += _findings(data["contaminated"])
    if data["chance_matches"]:
        lines += ["", "### By chance only", ""]
        lines += ["Their solutions answer the task's inputs, but the task's solution gives other"]
        lines += ["answers to the problem's own tests, or (forms adapted) confirms none. Kept.", ""]
        lines += _findings(data["chance_matches"])
    if data["unchecked"]:
        lines += ["", "### Not compared by behaviour", ""]
        lines += ["`unchecked_ids` in the report's JSON file names them.", ""]
        rows = [list(item) for item in sorted(data["unchecked"].items())]
        lines += _table(["reason", "problems or tasks"], rows, 1)
    rows = [[i["problem"], i["kept"], f"{i['similarity']:.2f}"] for i in data["duplicates"]]
    lines += ["", "## Duplicates", "", *_table(["dropped", "kept", "similarity"], rows, 2)]
    if data["faulty_checkers"]:
        rows = [[i["problem"], i["reason"], i["evidence"]] for i in data["faulty_checkers"]]
        lines += ["", "## Checkers that cannot be used", ""]
        lines += _table(["problem", "why", "shown by"], rows, 3)
    if data["broken_references"]:
        rows = [list(item) for item in sorted(data["broken_references"].items())]
        lines += ["", "## Reference solutions that fail their tests", ""]
        lines += _table(["problem", "why"], rows, 2)
    if data["conflicts"]:
        rows = [[item[key] for key in _CONFLICT] for item in data["conflicts"]]
        lines += ["", "## Duplicates that disagree about an answer", ""]
        lines += ["The first one's answer is kept.", ""]
        lines += _table(["problem", "duplicate", "input", "answer kept", "the other"], rows, 5)
    return "\n".join(lines) + "\n"


def _written(sources: list[dict[str, Any]]) -> list[str]:
    """Say how many problems a model wrote, and how many of such tests are wrong."""
    if not sources:
        return []
    rows, controls = [], []
    for one in sources:
        wrong = one["wrong_tests"]
        rows.append([one["source"], one["model"], one["seeds_from"], one["asked"], one["kept"]])
        counted = [wrong[key] for key in ("controls", "accepted", "tests", "wrong", "unanswered")]
        low, high = wrong["interval"] or (None, None)
        share = "-" if wrong["share"] is None else f"{wrong['share']:.1%}"
        interval = "too few" if low is None else f"{low:.1%} to {high:.1%}"
        confirmed = f"{wrong['confirmed_wrong']} of {wrong['confirmed']}"
        row = [one["source"], *counted, wrong["problems"], share, interval, confirmed]
        controls.append(row)
    header = ["source", "written by", "from", "asked for", "count"]
    lines = ["", "## Written by a model", "", *_table(header, rows, 3), ""]
    lines += [
        "Problems with a reference solution, given tests in the same way (controls). A test is"
    ]
    lines += ["wrong if the reference answers otherwise, none if it fails on the input.", ""]
    header = ["source", "controls", "agreed on", "tests", "wrong", "none"]
    header += ["problems with a wrong test", "share", "95%", "whose examples are right"]
    return lines + _table(header, controls, 1)


def _made_tests(sharpened: dict[str, dict[str, int]]) -> list[str]:
    """Say which tests are not the sources' own; nothing if none was asked for."""
    if not (sharpened["tests"] or sharpened["left"]):
        return []
    tests = sharpened["tests"]
    rows = [[source, sharpened["problems"][source], tests[source]] for source in sorted(tests)]
    lines = ["", "## Tests made with the reference solutions", ""]
    lines += _table(["source", "problems", "tests made"], rows, 1)
    if sharpened["left"]:
        lines += ["", f"No tests were made for: {_counts(sharpened['left'])}."]
    return lines


def _findings(items: list[dict[str, Any]]) -> list[str]:
    rows = [[item[key] for key in ("problem", "task", "way", "evidence")] for item in items]
    return _table(["problem", "task", "found by", "evidence"], rows, 4)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counts.items()))


def _table(header: list[str], rows: list[list[Any]], text_columns: int) -> list[str]:
    if not rows:
        return ["None was found."]
    align = ["---"] * text_columns + ["---:"] * (len(header) - text_columns)
    cells = [[" ".join(str(c).replace("|", "\\|").split()) for c in row] for row in rows]
    lines = [" | ".join(row) for row in (header, align, *cells)]
    return [f"| {line} |" for line in lines]


def _spread(numbers: list[int]) -> dict[str, float]:
    numbers = numbers or [0]
    return {
        "least": min(numbers),
        "median": statistics.median(numbers),
        "mean": round(statistics.fmean(numbers), 2),
        "most": max(numbers),
    }
