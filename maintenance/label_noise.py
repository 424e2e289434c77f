"""Measure label noise on real samples: how many that pass few tests fail more of them.

The programs are deepseek-coder-6.7b-instruct's for 208 problems of LeetCodeDataset v0.2.0, which
has two or three tests for each. The problems are sharpened (``problems.sharpen_tests``), the
samples run on all tests, and the curve of ``codepref.pairs.label_noise`` is printed.
"""

import argparse
import json
import sys
from collections import Counter
from pathlib import Path

import workloads

from codepref.cli import run
from codepref.errors import UserError
from codepref.pairs.label_noise import EVERY_SOURCE, Point, curve, leading_passes
from codepref.problems.sharpening.sharpen import Sharpened, sharpen
from codepref.records import Execution, Problem
from codepref.sandbox import Executor
from codepref.sandbox.settings import ExecutionConfig
from codepref.text_table import text_table

SAMPLES = 5  # of each problem
LIMITS = ExecutionConfig(cpu_seconds=2)  # of a test: endless loops make up most of the time


def sharpened_problems(
    tests: int, seed: int, found: Sharpened, slugs: set[str] | None = None
) -> tuple[dict[str, Problem], dict[str, Problem]]:
    """Return the problems that have samples (of these), by slug: as they were, with more tests."""
    wanted = {slug for slug, _, _, _ in workloads.deepseek_samples()}
    given = {
        slug: problem
        for problem in workloads.leetcode_dataset()
        if (slug := problem.id.split("/")[1]) in (wanted & slugs if slugs else wanted)
    }
    made = sharpen(given.values(), tests, seed, found, total=len(given))
    return given, dict(zip(given, made, strict=True))


def judged(problems: dict[str, Problem]) -> list[tuple[Execution, str]]:
    """Return the verdict on each sample of these problems, and its program."""
    samples = [
        (problems[slug], workloads.sample_of(problems[slug].id, code, index))
        for slug, index, code, _ in workloads.deepseek_samples()
        if index < SAMPLES and slug in problems
    ]
    with Executor(config=LIMITS) as executor:
        executions = list(executor.run(samples))
    return [(e, s.completion) for e, (_, s) in zip(executions, samples, strict=True)]


def rows(points: list[Point]) -> list[list[str]]:
    """Return the lines of the table."""
    table = []
    for point in points:
        if point.share is None or point.interval is None:
            continue
        low, high = point.interval
        counts = (point.tests_seen, point.problems, point.passing, point.failing)
        share = f"{point.share:.1%}"
        table.append([*map(str, counts), share, f"{low:.1%} to {high:.1%}"])
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=workloads.SHARED, help="folder of the data")
    parser.add_argument("--tests", type=int, default=50, help="tests of each problem; default: 50")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--failures", type=Path, help="write what fails made tests only (JSONL)")
    arguments = parser.parse_args()
    if not (arguments.data / "leetcode_samples").is_dir():
        raise UserError(f"{arguments.data}: no folder leetcode_samples; name the data's folder")
    workloads.SHARED = arguments.data

    found = Sharpened()
    given, problems = sharpened_problems(arguments.tests, arguments.seed, found)
    verdicts = judged(problems)
    print(
        f"{sum(found.problems.values())} of {len(given)} problems got {sum(found.tests.values())} "
        f"tests; left as they were: {dict(found.left)}"
    )
    by_id = {problem.id: problem for problem in problems.values()}
    points = [p for p in curve(by_id, (e for e, _ in verdicts)) if p.source == EVERY_SOURCE]
    header = ["tests seen", "problems", "samples that pass them", "fail the rest", "share", "95%"]
    print(text_table(header, [rows(points)]))
    own = {problem.id: len(problem.tests) for problem in given.values()}
    passing = [(e, code) for e, code in verdicts if leading_passes(e) >= own[e.problem_id]]
    wrong = [(e, code) for e, code in passing if e.verdict != "passed"]
    more = [e for e, _ in passing if e.tests_total > own[e.problem_id]]
    print(
        f"passed all given tests: {len(passing)} samples, {len(more)} of them of sharpened "
        f"problems; {len(wrong)} fail a made test, of {len({e.problem_id for e, _ in wrong})} "
        f"problems ({dict(Counter(e.verdict for e, _ in wrong))})"
    )
    if arguments.failures:
        with arguments.failures.open("w", encoding="utf-8") as stream:
            for execution, code in wrong:
                first = by_id[execution.problem_id].tests[execution.first_failing_test or 0]
                line = {
                    "problem": execution.problem_id,
                    "index": execution.index,
                    "verdict": execution.verdict,
                    "message": execution.message,
                    "passed": f"{execution.tests_passed}/{execution.tests_total}",
                    "input": first.input,
                    "expected": first.expected,
                    "program": code,
                }
                stream.write(json.dumps(line) + "\n")
        print(f"{len(wrong)} failures in {arguments.failures}", file=sys.stderr)


if __name__ == "__main__":
    run(main, keep_record=False)
