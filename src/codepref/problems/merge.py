"""One list of problems from several sources: deduplicated, limited, and reported."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from codepref.config import ProblemsConfig
from codepref.errors import UserError
from codepref.files import read_records
from codepref.records import Problem


def merge(inputs: Iterable[str | Path], config: ProblemsConfig) -> tuple[list[Problem], dict]:
    """Return the merged problems, sorted by id, and the report.

    Exact duplicates (same statement but for case and white space) keep the record with most
    tests. ``limit`` keeps the problems whose id has the smallest SHA-256: a selection that does
    not depend on the order of sources, and changes little when problems come or go.
    """
    collected: Counter[str] = Counter()
    by_id: dict[str, str] = {}
    best: dict[str, Problem] = {}
    for path in inputs:
        for problem in read_records(path, Problem):
            if problem.id in by_id:
                raise UserError(
                    f"{path}: the problem id '{problem.id}' is already in {by_id[problem.id]}; "
                    "give each source its own ids"
                )
            by_id[problem.id] = str(path)
            collected[problem.source] += 1
            key = " ".join(problem.statement.lower().split())
            if key not in best or len(problem.tests) > len(best[key].tests):
                best[key] = problem
    kept = sorted(best.values(), key=lambda problem: _rank(problem.id))[: config.limit]
    if not kept:
        raise UserError("no problem is left after merging; see the sources in the configuration")
    kept.sort(key=lambda problem: problem.id)
    report: dict[str, Any] = {
        "collected": dict(sorted(collected.items())),
        "duplicates": sum(collected.values()) - len(best),
        "over_limit": len(best) - len(kept),
        "kept": len(kept),
    }
    return kept, report


def _rank(problem_id: str) -> str:
    return hashlib.sha256(problem_id.encode()).hexdigest()
