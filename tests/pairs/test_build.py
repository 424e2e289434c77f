"""Pairs: who may be a side, how they are drawn, and the subsets of the ablations."""

import json
import subprocess
import sys

import pytest
from helpers.places import SCRIPTS
from helpers.records import make_execution, make_problem, make_sample
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.files import write_records
from codepref.pairs.build import (
    Judged,
    build_pairs,
    draw_pairs,
    join_verdicts,
    length_matched,
    nested_subset,
    response_length,
    shared_problems,
    usable_sides,
)
from codepref.pairs.settings import PairsConfig
from codepref.prompts import problem_messages
from codepref.records import Pair, Problem, TestCase


def judged(of: Problem, index: int, verdict: str, text: str | None = None, **more) -> Judged:
    reason = more.pop("finish_reason", "stop")
    text = f"program {index}" if text is None else text
    sample = make_sample(of, index, text, finish_reason=reason)
    return Judged(sample, make_execution(sample, verdict, **more))


PROBLEM = make_problem("t/one")


def drawn(items: list[Judged], **options) -> list[Pair]:
    return draw_pairs(PROBLEM, items, "m", 0, PairsConfig(**options))


def test_a_pair_is_a_pass_against_a_failure_of_the_same_problem():
    items = [judged(PROBLEM, 0, "wrong_answer"), judged(PROBLEM, 1, "passed")]
    (pair,) = drawn(items)
    assert pair.chosen[0].content == "program 1"
    assert pair.rejected[0].content == "program 0"
    assert (pair.chosen_from.index, pair.rejected_from.index) == (1, 0)
    assert pair.prompt == problem_messages(PROBLEM)


@pytest.mark.parametrize(
    "items",
    [
        [judged(PROBLEM, 0, "passed"), judged(PROBLEM, 1, "passed")],
        [judged(PROBLEM, 0, "wrong_answer"), judged(PROBLEM, 1, "timeout")],
        [judged(PROBLEM, 0, "passed"), judged(PROBLEM, 1, "infra_error")],
        [judged(PROBLEM, 0, "passed"), judged(PROBLEM, 1, "no_code", text="  ")],
        [judged(PROBLEM, 0, "passed", text="x"), judged(PROBLEM, 1, "timeout", text="x")],
        [judged(PROBLEM, 0, "passed", tampered=True), judged(PROBLEM, 1, "wrong_answer")],
    ],
    ids=["all passed", "all failed", "infra", "empty", "same program", "tampered"],
)
def test_no_pair_without_two_trustworthy_sides(items):
    assert drawn(items) == []


def test_a_response_without_code_is_rejected_only_if_the_option_allows():
    items = [judged(PROBLEM, 0, "passed"), judged(PROBLEM, 1, "no_code", text="I cannot.")]
    assert drawn(items)[0].rejected_from.verdict == "no_code"
    assert drawn(items, reject_no_code=False) == []


def test_a_cut_response_is_marked():
    items = [
        judged(PROBLEM, 0, "passed"),
        judged(PROBLEM, 1, "compile_error", finish_reason="length"),
    ]
    (pair,) = drawn(items)
    assert pair.rejected_from.truncated and not pair.chosen_from.truncated


def test_choice_rules():
    items = [
        judged(PROBLEM, 0, "passed", text="return a + b"),
        judged(PROBLEM, 1, "wrong_answer", text="return a - b", tests_passed=1),
        judged(PROBLEM, 2, "wrong_answer", text="something else altogether", tests_passed=4),
    ]
    assert drawn(items, choice="shortest_edit")[0].rejected_from.index == 1
    assert drawn(items, choice="most_tests_rejected")[0].rejected_from.index == 2


@given(
    st.lists(st.sampled_from(["passed", "wrong_answer", "no_code"]), max_size=8),
    st.integers(0, 3),
    st.integers(0, 2**31 - 1),
)
def test_every_draw_is_distinct_and_valid(verdicts, per_problem, seed):
    items = [judged(PROBLEM, index, verdict) for index, verdict in enumerate(verdicts)]
    pairs = draw_pairs(PROBLEM, items, "m", seed, PairsConfig(pairs_per_problem=per_problem))
    chosen, rejected = usable_sides(items)
    possible = len(chosen) * len(rejected)
    assert len(pairs) == (min(per_problem, possible) if per_problem else possible)
    sides = {(pair.chosen_from.index, pair.rejected_from.index) for pair in pairs}
    assert len(sides) == len(pairs)
    assert all(verdicts[good] == "passed" != verdicts[bad] for good, bad in sides)


def test_all_combinations_are_equally_likely():
    items = [judged(PROBLEM, i, "passed" if i < 2 else "wrong_answer") for i in range(4)]
    counts: dict[tuple[int, int], int] = {}
    for seed in range(2000):
        (pair,) = draw_pairs(PROBLEM, items, "m", seed, PairsConfig())
        key = (pair.chosen_from.index, pair.rejected_from.index)
        counts[key] = counts.get(key, 0) + 1
    assert len(counts) == 4
    assert all(400 < count < 600 for count in counts.values())  # 500 expected, sigma 19


def some_problems(count: int) -> tuple[list[Problem], dict[str, list[Judged]]]:
    problems = [make_problem(f"t/p{number}") for number in range(count)]
    return problems, {
        of.id: [
            judged(of, i, "passed" if i % 2 else "wrong_answer", text=f"{of.id} " + "x" * i)
            for i in range(8)
        ]
        for of in problems
    }


def test_adding_a_problem_changes_no_other_draw():
    problems, items = some_problems(12)
    all_pairs, _ = build_pairs(problems, items, "m", 0, PairsConfig())
    fewer, _ = build_pairs(problems[3:], items, "m", 0, PairsConfig())
    assert fewer == all_pairs[3:]


def test_subsets_are_nested_seeded_and_in_order():
    problems, items = some_problems(20)
    pairs, _ = build_pairs(problems, items, "m", 0, PairsConfig())
    small, large = nested_subset(pairs, 5, 0), nested_subset(pairs, 12, 0)
    ids = [pair.problem_id for pair in pairs]
    assert {p.problem_id for p in small} < {p.problem_id for p in large}
    assert [ids.index(p.problem_id) for p in large] == sorted(
        ids.index(p.problem_id) for p in large
    )
    assert nested_subset(pairs, 5, 1) != small
    assert nested_subset(pairs, None, 0) == pairs


def test_statistics_count_problems_and_samples():
    problems, items = some_problems(3)
    items[problems[1].id] = [judged(problems[1], 0, "passed")]
    items[problems[2].id] = [judged(problems[2], 0, "timeout"), judged(problems[2], 1, "no_code")]
    pairs, statistics = build_pairs(problems, items, "m", 0, PairsConfig())
    assert len(pairs) == 1
    assert statistics["problems"] == {
        "total": 3,
        "mixed": 1,
        "all_passed": 1,
        "all_failed": 1,
        "no_samples": 0,
        "too_few_tests": 0,
    }
    assert statistics["samples"]["by_verdict"] == {
        "passed": 5,
        "wrong_answer": 4,
        "timeout": 1,
        "no_code": 1,
    }
    assert statistics["by_source"]["t"]["problems"] == 3


def test_a_problem_with_fewer_tests_than_asked_for_gives_no_pair_and_is_counted():
    problems, items = some_problems(4)
    for number, tests in enumerate((1, 3, 4, 9)):
        more = [TestCase(input=[n], expected=n) for n in range(tests)]
        problems[number] = problems[number].model_copy(update={"tests": more})
    pairs, statistics = build_pairs(problems, items, "m", 0, PairsConfig(min_tests=4))
    assert [pair.problem_id for pair in pairs] == ["t/p2", "t/p3"]
    assert statistics["problems"]["too_few_tests"] == 2
    assert statistics["problems"]["mixed"] == 2
    assert statistics["by_source"]["t"]["too_few_tests"] == 2
    assert len(build_pairs(problems, items, "m", 0, PairsConfig())[0]) == 4


def test_join_refuses_what_does_not_belong_together():
    items = [judged(PROBLEM, 0, "passed"), judged(PROBLEM, 1, "timeout")]
    samples, executions = [i.sample for i in items], [i.execution for i in items]
    assert join_verdicts([PROBLEM], samples, executions, "m")[PROBLEM.id] == items
    with pytest.raises(UserError, match="is of model 'm', not of 'other'"):
        join_verdicts([PROBLEM], samples, executions, "other")
    with pytest.raises(UserError, match="has no execution"):
        join_verdicts([PROBLEM], samples, executions[:1], "m")
    with pytest.raises(UserError, match="belongs to no sample"):
        join_verdicts([PROBLEM], samples[:1], executions, "m")
    with pytest.raises(UserError, match="not in the problems file"):
        join_verdicts([make_problem("t/two")], samples, executions, "m")
    changed = PROBLEM.model_copy(update={"statement": "Do something else."})
    with pytest.raises(UserError, match="another prompt"):
        join_verdicts([changed], samples, executions, "m")


def test_controls_of_the_off_policy_comparison():
    problems, items = some_problems(30)
    mine, _ = build_pairs(problems[:20], items, "m", 0, PairsConfig())
    other, _ = build_pairs(problems[10:], items, "m", 7, PairsConfig())
    assert [p.problem_id for p in shared_problems(mine, other)] == [p.id for p in problems[10:20]]
    ours, theirs = length_matched(mine, other), length_matched(other, mine)
    assert len(ours) == len(theirs) > 0
    lengths = [sorted(map(response_length, pairs)) for pairs in (ours, theirs)]
    assert all(abs(a / b - 1) < 0.11 for a, b in zip(*lengths, strict=True))


@given(st.lists(st.integers(1, 200), max_size=30), st.lists(st.integers(1, 200), max_size=30))
def test_length_matching_is_symmetric(mine, theirs):
    def pairs(lengths: list[int]) -> list[Pair]:
        (pair,) = drawn([judged(PROBLEM, 0, "passed"), judged(PROBLEM, 1, "timeout")])
        return [
            pair.model_copy(
                update={"chosen": [pair.chosen[0].model_copy(update={"content": "x" * n})]}
            )
            for n in lengths
        ]

    ours, theirs_matched = (
        length_matched(pairs(mine), pairs(theirs)),
        length_matched(pairs(theirs), pairs(mine)),
    )
    assert len(ours) == len(theirs_matched)


def test_command_lines(tmp_path):
    problems, items = some_problems(6)
    every = [item for group in items.values() for item in group]
    write_records(tmp_path / "problems.jsonl", problems)
    write_records(tmp_path / "samples.jsonl", [i.sample for i in every])
    write_records(tmp_path / "executions.jsonl", [i.execution for i in every])

    def call(script: str, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, SCRIPTS / script, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    common = ["--problems", "problems.jsonl", "--samples", "samples.jsonl", "--seed", "0"]
    common += ["--executions", "executions.jsonl", "--stats", "stats.json"]
    done = call("build_pairs.py", *common, "--model", "m", "--output", "pairs.jsonl")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "stats.json").read_text())["pairs"] == 6
    assert done.stdout.startswith("6 pairs of 6 problems kept, of 6 drawn; 6 problems: ")
    fewer = [*common, "--model", "m", "--max-pairs", "2", "--output", "few.jsonl"]
    said = call("build_pairs.py", *fewer).stdout
    assert said.startswith("2 pairs of 2 problems kept, of 6 drawn; 6 problems: 0 all passed, ")
    assert " 6 mixed" in said  # and the outcomes add up
    done = call("build_pairs.py", *common, "--model", "x", "--output", "no.jsonl")
    assert done.returncode == 2 and "of model 'm', not of 'x'" in done.stderr
    assert not (tmp_path / "no.jsonl").exists()

    part = ["--pairs", "pairs.jsonl", "--other", "pairs.jsonl", "--output", "part.jsonl"]
    done = call("filter_pairs.py", *part, "--control", "shared_problems", "--max-pairs", "4")
    assert done.stdout == "4 of 6 pairs kept\n"
    done = call("filter_pairs.py", *part, "--max-pairs", "9")
    assert done.returncode == 2 and "9 pairs are wanted, there are 6" in done.stderr
    own = {problem.source for problem in problems}
    part += ["--problems", "problems.jsonl", "--problem-sources"]
    assert call("filter_pairs.py", *part, *own).stdout == "6 of 6 pairs kept\n"
    done = call("filter_pairs.py", *part, "elsewhere")
    assert done.returncode == 2
    assert f"no problem is of source 'elsewhere'; there are {', '.join(own)}" in done.stderr
