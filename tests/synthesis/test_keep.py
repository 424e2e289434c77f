"""Which written problems count: no copies, no benchmark tasks; how many tests are wrong."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.places import SCRIPTS
from helpers.records import make_problem

from codepref.errors import UserError
from codepref.files import read_json, write_records
from codepref.problems.decontamination.contamination import read_tasks
from codepref.problems.merge import deduplicate
from codepref.problems.report import report, table
from codepref.problems.settings import ProblemsConfig, SynthesisedSource
from codepref.records import Problem, TestCase, read_problems
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.keep import AGAIN, COPY, OVER, RESTATED, TASK, Kept, keep
from codepref.synthesis.records import Candidate, Seed

SOURCE = SynthesisedSource(kind="synthesised", model="m", seeds_from="t", controls=3)
TWICE = "Return the number that is twice as large as the given one, whatever its sign may be."
PLUS = "Given the age of a tree in years, tell how old it will be after the next seven winters."
PARTS = (
    "A baker cuts each of some loaves into n slices and eats one; count the slices that are left."
)


def problem(name: str, statement: str, body: str, answers: dict[int, Any], **more: Any) -> Problem:
    return make_problem(
        name,
        statement=statement,
        parameters=["n"],
        parameter_types=["int"],
        return_type="int",
        reference_solution=f"def f(n):\n    {body}\n",
        tests=[
            TestCase(input=[given], expected=said, visible=given == 1)
            for given, said in answers.items()
        ],
        **more,
    )


SEED = problem("t/twice", TWICE, "return 2 * n", {1: 2, 5: 10})


def candidate(one: Problem, control: bool = False) -> Candidate:
    return Candidate(id=one.id, seed=SEED.id, control=control, programs=8, agreed=6, problem=one)


def kept(
    tmp_path: Path, *candidates: Candidate, tasks: list[dict] | None = None, **changes: Any
) -> Kept:
    seeds = {
        one.id: Seed(id=one.id, seed=SEED.id, text="", licence="MIT", problem=SEED)
        for one in candidates
    }
    write_records(tmp_path / "t.jsonl", [SEED])
    (tmp_path / "tasks.jsonl").write_text("".join(json.dumps(one) + "\n" for one in tasks or []))
    return keep(
        *(candidates, seeds, [tmp_path / "t.jsonl"], read_tasks([tmp_path / "tasks.jsonl"])),
        SOURCE.model_copy(update=changes),
        ProblemsConfig(behavioural_inputs=3),
        ExecutionConfig(),
    )


NEW = problem("s/1", PLUS, "return n + 7", {1: 8, 2: 9, 10: 17})


def ids(found: Kept) -> list[str]:
    return [one.id for one in found.problems]


def test_a_candidate_of_no_seed_is_refused() -> None:
    of_no_seed = [Candidate(id="s/9", seed="t/x", reason="too few")]
    with pytest.raises(UserError, match="candidate s/9 is of no seed"):
        keep(of_no_seed, {}, [], [], SOURCE, ProblemsConfig(), ExecutionConfig())


@pytest.mark.slow
def test_every_problem_counts_or_is_counted(tmp_path: Path) -> None:
    lost = Candidate(id="s/9", seed=SEED.id, reason="too few of its solutions agree")
    copy = problem("s/2", TWICE + " Good luck!", "return n * 3", {1: 3, 2: 6, 3: 9})
    again = problem("s/3", PLUS + " Say it.", "return n + 8", {1: 9, 2: 10})
    other = problem("s/4", PARTS, "return n * n - n", {1: 0, 4: 12})
    seed = problem("s/5", "Say how many legs stand under n birds in a field.", "return n + n",
        {3: 6, 4: 8})  # fmt: skip
    every = [*map(candidate, (NEW, copy, again, other, seed)), lost]
    found = kept(tmp_path, *every)
    assert ids(found) == ["s/1", "s/4"]
    assert found.skipped == {COPY: 1, AGAIN: 1, RESTATED: 1, lost.reason: 1}
    assert found.variations == {"problems": 5, "tests": 12, "as the seed": 2}
    assert ids(kept(tmp_path, *every, limit=1)) == ["s/1"]
    assert kept(tmp_path, *every, limit=1).skipped[OVER] == 1


def task(prompt: str, solution: str, inputs: list[int]) -> dict[str, Any]:
    return {
        "task_id": "HumanEval/0",
        "prompt": f'def other(x):\n    """{prompt}"""\n',
        "entry_point": "other",
        "canonical_solution": f"    {solution}\n",
        "base_input": [[one] for one in inputs],
    }


LONG = """{k} = 0
    for i in range({n}):
        if i % 3 == 1:
            {k} = {k} + i * i
    return {k} + 7
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "body", "prompt", "solution"),
    [
        ("text", "return n + 7", PLUS, "return None"),
        ("code", LONG.format(k="k", n="n"), "Other words.", LONG.format(k="q", n="x")),
        ("behaviour", "return n + 7", "Other words.", "return sum([x, 3, 4])"),
    ],
)
def test_no_problem_is_a_benchmark_task_by_any_way(
    tmp_path: Path, way: str, body: str, prompt: str, solution: str
) -> None:
    known: dict[str, Any] = {}
    exec(f"def f(n):\n    {body}\n", known)
    mine = problem("s/1", PLUS, body, {given: known["f"](given) for given in (1, 2, 10, 11)})
    found = kept(tmp_path, candidate(mine), tasks=[task(prompt, solution, [1, 2, 5, 9, 20])])
    assert ids(found) == [] and found.skipped == {TASK: 1}
    assert way in [one["way"] for one in found.tasks]
    another = [task("Other words.", "return x * x * x", [1, 2, 5, 9, 20])]
    assert ids(kept(tmp_path, candidate(mine), tasks=another)) == ["s/1"]


@pytest.mark.slow
def test_the_controls_tell_how_many_tests_are_wrong(tmp_path: Path) -> None:
    right = problem("s/control-1", TWICE, "", {1: 2, 6: 12})
    wrong = problem("s/control-2", TWICE, "", {1: 2, 6: 13, 7: 15})  # right on the seed's example
    none = Candidate(id="s/control-3", seed=SEED.id, control=True, reason="too few agree")
    controls = [candidate(right, True), candidate(wrong, True), none]
    found = kept(tmp_path, candidate(NEW), *controls)
    assert ids(found) == ["s/1"] and not found.skipped  # controls are no problems
    assert found.controls == {
        **{"controls": 3, "accepted": 2, "tests": 5, "wrong": 2, "unanswered": 0},
        **{"problems": 1, "share": 0.5, "interval": None, "confirmed": 2, "confirmed_wrong": 1},
    }
    odd = problem("s/control-1", TWICE, "", {1: 2, "a": 3})
    odd = odd.model_copy(update={"tests": [*odd.tests, TestCase(input=[None], expected=3)]})
    counted = kept(tmp_path, candidate(odd, True)).controls
    assert (counted["tests"], counted["wrong"], counted["unanswered"]) == (3, 1, 1)


@pytest.mark.slow
def test_nothing_kept_is_a_result_and_reaches_the_readers_table(tmp_path: Path) -> None:
    lost = Candidate(id="synthesised/1", seed=SEED.id, reason="too few of its solutions agree")
    seed = Seed(id=lost.id, seed=SEED.id, text="", licence="MIT", problem=SEED)
    write_records(tmp_path / "seeds.jsonl", [seed])
    write_records(tmp_path / "tried.jsonl", [lost])
    write_records(tmp_path / "t.jsonl", [SEED])
    command = [
        *(
            sys.executable,
            SCRIPTS / "keep_synthesised.py",
            "--source",
            "synthesised",
            "--seeds",
            tmp_path / "seeds.jsonl",
        ),
        *("--candidates", tmp_path / "tried.jsonl", "--collected", tmp_path / "t.jsonl"),
        *("--output", tmp_path / "p.jsonl", "--report", tmp_path / "r.json"),
        *("--manifest", tmp_path / "m.jsonl", "--kind=synthesised", "--model=m"),
        *("--seeds-from=t", "--problems=1"),
    ]
    done = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True)
    assert "0 of 1 count" in done.stderr and read_problems(tmp_path / "p.jsonl") == {}
    merged = deduplicate([tmp_path / "t.jsonl", tmp_path / "p.jsonl"], ProblemsConfig())
    text = table(report(merged, [read_json(tmp_path / "r.json")]))
    assert "| synthesised | too few of its solutions agree | 1 |" in text
    assert "| synthesised | m | t | 1 | 0 |" in text
