"""The pilot keeps the problems that are most probably mixed, and says which and why."""

import json
import random
from pathlib import Path

import pytest
from helpers.records import make_execution, make_problem, make_sample
from helpers.small_runs import script
from hypothesis import given
from hypothesis import strategies as st

from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import write_records
from codepref.problems.pilot import fit, select
from codepref.records import Execution, Problem, read_problems


def candidates(passed: dict[str, int], samples: int = 2) -> tuple[list[Problem], list[Execution]]:
    """Problems named ``<difficulty>-<n>``, and verdicts of which so many pass."""
    problems, executions = [], []
    for name, count in passed.items():
        problem = make_problem(f"t/{name}", difficulty=name.split("-")[0])
        problems.append(problem)
        executions += [
            make_execution(make_sample(problem, n, "x"), "passed" if n < count else "wrong_answer")
            for n in range(samples)
        ]
    return problems, executions


def test_a_call_of_the_pilot_draws_as_many_samples_as_a_later_one() -> None:
    given = {"problems": {"pilot": {"samples": 2, "keep": 9}}, "sampling": {"prompts_per_call": 32}}
    config = load_config(given)
    assert config.sampling.samples_per_problem == 8
    assert config.pilot_sampling.prompts_per_call == 128


def test_mixed_ones_come_first_then_what_is_most_probably_mixed() -> None:
    # Of the easy problems half pass, of the hard ones hardly any: a failed easy one may yet pass.
    passed = {f"easy-{n}": n % 3 for n in range(30)} | {f"hard-{n}": n // 29 for n in range(30)}
    problems, executions = candidates(passed)
    kept, record = select(problems, executions, 2, 8, 16, 0)
    names = [problem.title for problem in kept]
    mixed = [name for name, count in passed.items() if count == 1]
    assert len(mixed) == 11 and set(mixed) <= set(names)
    assert all(name.startswith("easy") for name in set(names) - set(mixed))
    assert record["kept"] == [problem.id for problem in problems if problem in kept]
    assert record["verdicts"]["t/easy-1"] == ["passed", "wrong_answer"]
    assert record["groups"]["hard"]["problems"] == [29, 1, 0]
    assert record["groups"]["hard"]["mixed"][0] < record["groups"]["easy"]["mixed"][0]


def test_equals_are_drawn_by_the_seed_and_not_by_their_order() -> None:
    problems, executions = candidates({f"easy-{n}": 0 for n in range(40)})
    draws = {tuple(select(problems, executions, 2, 8, 5, s)[1]["kept"]) for s in range(3)}
    assert len(draws) == 3
    assert select(problems, executions, 2, 8, 5, 1) == select(problems, executions, 2, 8, 5, 1)


def test_problems_without_all_verdicts_are_left_out_and_counted() -> None:
    problems, executions = candidates({f"easy-{n}": 1 for n in range(4)})
    broken = executions[1].model_copy(update={"verdict": "infra_error"})
    kept, record = select(problems, [executions[0], broken, *executions[2:-1]], 2, 8, 9, 0)
    assert [problem.title for problem in kept] == ["easy-1", "easy-2"]
    assert (record["candidates"], record["without_verdicts"]) == (4, 2)
    with pytest.raises(UserError, match="no candidate has a verdict"):
        select(problems, [], 2, 8, 9, 0)
    with pytest.raises(UserError, match="no candidate has a verdict"):
        select([], [], 2, 8, 9, 0)


def test_problems_that_could_give_no_pair_are_left_out_and_counted() -> None:
    problems, executions = candidates({f"easy-{n}": 1 for n in range(4)})
    more = problems[3].model_copy(update={"tests": 2 * problems[3].tests})
    least = len(more.tests)
    kept, record = select([*problems[:3], more], executions, 2, 8, 9, 0, least)
    assert kept == [more]
    assert (record["too_few_tests"], record["without_verdicts"]) == (3, 0)
    assert record["min_tests"] == least
    assert record["groups"]["easy"]["problems"] == [0, 1, 0]
    with pytest.raises(UserError, match=f"no candidate has {least + 1} tests; lower pairs.min_t"):
        select(problems, executions, 2, 8, 9, 0, least + 1)


def test_the_fit_finds_the_distribution_that_counts_were_drawn_from() -> None:
    generator, counts, mixed = random.Random(0), [0, 0, 0], [[0, 0], [0, 0], [0, 0]]
    for _ in range(40_000):
        rate = generator.betavariate(0.4, 1.2)
        passes = [generator.random() < rate for _ in range(8)]
        first = sum(passes[:2])
        counts[first] += 1
        mixed[first][0 < sum(passes) < 8] += 1
    found = fit(counts, 8)
    assert found.prior == pytest.approx((0.4, 1.2), rel=0.1)
    for probability, (same, both) in zip(found.mixed, mixed, strict=True):
        assert probability == pytest.approx(both / (same + both), abs=0.02)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6).filter(any), st.integers(0, 10))
def test_probabilities_are_probabilities(counts: list[int], more: int) -> None:
    samples = len(counts) - 1
    found = fit(counts, samples + more)
    assert all(0 <= p <= 1 for p in found.mixed) and min(found.prior) >= 0
    assert found.mixed[1:-1] == [1.0] * (samples - 1)
    assert more or found.mixed[0] == found.mixed[-1] == 0


def test_the_command_writes_problems_and_record(tmp_path: Path) -> None:
    problems, executions = candidates({"easy-0": 1, "easy-1": 0, "easy-2": 2})
    write_records(tmp_path / "candidates.jsonl", problems)
    write_records(tmp_path / "executions.jsonl", executions)
    done = script(
        "select_problems.py",
        *("--problems", tmp_path / "candidates.jsonl"),
        *("--executions", tmp_path / "executions.jsonl"),
        *("--samples", 2, "--of", 8, "--keep", 1, "--seed", 0),
        *("--output", tmp_path / "all.jsonl", "--record", tmp_path / "selection.json"),
    )
    assert done.returncode == 0, done.stderr
    assert "1 of 3 problems kept" in done.stderr
    record = json.loads((tmp_path / "selection.json").read_text())
    assert list(read_problems(tmp_path / "all.jsonl")) == record["kept"] == ["t/easy-0"]
