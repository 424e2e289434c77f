"""Label noise: the curve, and what it says of pairs."""

import csv
import random
import subprocess
import sys

import pytest
from helpers.places import SCRIPTS
from helpers.records import make_execution, make_problem, make_sample
from hypothesis import given
from hypothesis import strategies as st

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import write_json, write_records, write_text
from codepref.pairs.build import Judged, build_pairs
from codepref.pairs.label_noise import (
    LEAST_PROBLEMS,
    LEAST_SAMPLES,
    Point,
    curve,
    leading_passes,
    wrong_chosen,
)
from codepref.pairs.settings import PairsConfig
from codepref.records import Execution, Problem, TestCase


def problem(name: str, tests: int) -> Problem:
    return make_problem(name, tests=[TestCase(input=[n], expected=n) for n in range(tests)])


def execution(of: Problem, index: int, outcomes: list[bool], stops: bool = False) -> Execution:
    """The verdict on a sample that passes these tests; ``stops``: nothing ran after a failure."""
    first = outcomes.index(False) if False in outcomes else None
    run = len(outcomes) if first is None or not stops else first + 1
    return make_execution(
        make_sample(of, index, f"program {index}"),
        "passed" if first is None else "wrong_answer",
        tests=len(outcomes),
        tests_passed=sum(outcomes[:run]),
        tests_run=run,
        first_failing_test=first,
    )


cases = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.lists(st.booleans(), min_size=1), st.booleans()),
    max_size=12,
)


@given(cases)
def test_the_curve_is_what_counting_outcomes_gives(found):
    problems, executions = {}, []
    for number, (source, outcomes, stops) in enumerate(found):
        one = problem(f"{source}/p{number}", len(outcomes))
        problems[one.id] = one
        executions.append(execution(one, 0, outcomes, stops))
    for point in curve(problems, executions, (1, 2, 3, 5)):
        k = point.tests_seen
        own = [o for s, o, _ in found if point.source in ("all", s) and len(o) > k and all(o[:k])]
        assert point.passing == point.problems == len(own)
        assert point.failing == sum(not all(o[k:]) for o in own)


@pytest.mark.parametrize(
    ("verdict", "changes", "passed"),
    [
        ("passed", {}, 5),
        ("wrong_answer", {"first_failing_test": 3}, 3),
        ("timeout", {"tests_run": 3, "tests_passed": 2, "first_failing_test": 2}, 2),
        ("memory_limit", {"first_failing_test": 4, "tests_passed": 4}, 4),
        ("compile_error", {"tests_run": 1, "first_failing_test": 0}, 0),
        ("no_code", {"tests_run": 0}, 0),
    ],
)
def test_how_many_tests_a_verdict_has_passed_first(verdict, changes, passed):
    of = problem("a/p", 5)
    assert leading_passes(make_execution(make_sample(of, 0, "x"), verdict, **changes)) == passed


def test_what_is_no_verdict_is_left_out():
    of = problem("a/p", 5)
    lost = make_execution(make_sample(of, 0, "x"), "infra_error", tests_run=0)
    cheat = make_execution(make_sample(of, 1, "y"), "wrong_answer", tampered=True,
                           first_failing_test=4)  # fmt: skip
    assert all(point.passing == 0 for point in curve({of.id: of}, [lost, cheat]))
    with pytest.raises(UserError, match="does not belong to the problems file"):
        curve({of.id: problem("a/p", 6)}, [execution(of, 0, [True] * 5)])


def some_run(tests: int, count: int, wrong_every: int) -> tuple[list[Problem], list[Execution]]:
    """Problems of one source with four samples each: three pass two tests, some fail the rest."""
    problems = [problem(f"a/p{tests}-{number}", tests) for number in range(count)]
    late = [True] * 2 + [False] * (tests - 2)
    executions = [
        execution(of, index, [False] * tests if index == 3 else late if bad else [True] * tests)
        for number, of in enumerate(problems)
        for index in range(4)
        for bad in [index == 0 and number % wrong_every == 0]
    ]
    return problems, executions


def drawn(problems: list[Problem], executions: list[Execution]):
    judged: dict[str, list[Judged]] = {of.id: [] for of in problems}
    by_id = {of.id: of for of in problems}
    for e in executions:
        sample = make_sample(by_id[e.problem_id], e.index, f"program {e.index}")
        judged[e.problem_id].append(Judged(sample, e))
    return build_pairs(problems, judged, "m", 0, PairsConfig())


def test_the_expected_share_of_wrong_chosen_is_the_curve_at_each_pairs_tests():
    many, executions = some_run(tests=25, count=20, wrong_every=2)
    few, others = some_run(tests=2, count=5, wrong_every=100)
    problems = {of.id: of for of in [*many, *few]}
    points = curve(problems, [*executions, *others])
    pairs, _ = drawn([*many, *few], [*executions, *others])
    own, everything = wrong_chosen(points, problems, pairs)
    # Ten of sixty samples pass two tests and fail the rest; of those that pass three none does.
    at_two = next(p for p in points if (p.source, p.tests_seen) == ("a", 2))
    assert (at_two.problems, at_two.passing, at_two.failing) == (20, 60, 10)
    assert own.pairs == 25 and not own.borrowed
    assert own.share == pytest.approx((5 * 10 / 60 + 20 * 0) / 25)
    assert own.low < own.share < own.high and everything.share == own.share


def test_too_few_problems_with_enough_tests_give_no_number():
    problems, executions = some_run(tests=2, count=30, wrong_every=2)
    by_id = {of.id: of for of in problems}
    pairs, _ = drawn(problems, executions)
    points = curve(by_id, executions)
    own, _ = wrong_chosen([p for p in points if p.tests_seen > 1], by_id, pairs)
    assert own.share is None and own.borrowed
    assert not Point("a", 1, LEAST_PROBLEMS - 1, 1000, 1).enough
    assert not Point("a", 1, 1000, LEAST_SAMPLES - 1, 1).enough


def test_command_line(tmp_path):
    model = Config().experiments[0].model
    problems, executions = some_run(tests=12, count=20, wrong_every=2)
    pairs, statistics = drawn(problems, executions)
    for records in (executions, pairs):
        random.Random(0).shuffle(records)
    write_text(tmp_path / "config.json", Config().model_dump_json())
    write_records(tmp_path / "problems.jsonl", problems)
    write_records(tmp_path / "e.jsonl", [e.model_copy(update={"model": model}) for e in executions])
    write_records(tmp_path / "p.jsonl", [p.model_copy(update={"model": model}) for p in pairs])
    write_json(tmp_path / "stats.json", statistics | {"model": model})
    done = subprocess.run(
        [sys.executable, SCRIPTS / "write_label_noise.py", "--config", "config.json",
         "--problems", "problems.jsonl", "--executions", "e.jsonl", "--pairs", "p.jsonl",
         "--statistics", "stats.json", "--output-folder", "."],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = list(csv.DictReader((tmp_path / "label_noise.csv").open()))
    two = next(line for line in lines if (line["source"], line["tests_seen"]) == ("a", "2"))
    assert (two["pass_first"], two["fail_rest"], two["share"]) == ("60", "10", "0.1667")
    assert float(two["low"]) < 1 / 6 < float(two["high"])
    line, _ = csv.DictReader((tmp_path / "wrong_chosen.csv").open())
    assert (line["source"], line["pairs"], line["wrong_chosen"]) == ("a", "20", "0.0")
    assert "| 0.0%" in (tmp_path / "label_noise.md").read_text()
