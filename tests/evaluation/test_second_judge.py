"""The second judge: EvalPlus's rule on honest programs, another verdict on dishonest ones."""

import json
import multiprocessing
import subprocess
import sys
from multiprocessing.sharedctypes import RawArray, RawValue
from pathlib import Path
from typing import Any

import evalplus.eval
import pytest
from helpers.places import ROOT
from helpers.small_benchmark import RIGHT, TASKS, task, write_solutions, write_tasks
from hypothesis import given, settings
from hypothesis import strategies as st

from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.second_judge import OutputComparison, compare_judges
from codepref.evaluation.settings import GradingConfig
from codepref.gradings import BenchmarkVerdicts, JudgeComparison

pytestmark = pytest.mark.slow  # sandboxes

FIRST = "HumanEval/0"


def evalplus_says(
    dataset: str, entry_point: str, inputs: Any, outputs: Any, expected: Any, atol: float
) -> bool:
    """Return EvalPlus's own verdict on a function that returns ``outputs`` one after another."""
    code = f"outputs = iter({outputs!r})\ndef {entry_point}(*given):\n    return next(outputs)\n"
    status, details = RawValue("i", 3), RawArray("b", len(inputs))
    process = multiprocessing.get_context("fork").Process(
        target=evalplus.eval.unsafe_execute,
        args=(dataset, entry_point, code, inputs, expected, [9.0] * len(inputs), atol, True),
        kwargs={"stat": status, "details": details, "progress": RawValue("i", 0)},
    )
    process.start()
    process.join()
    return bool(status.value == evalplus.eval._SUCCESS)


def comparer_says(
    dataset: str, entry_point: str, inputs: Any, outputs: Any, expected: Any, atol: float
) -> bool:
    comparison = OutputComparison(dataset, entry_point, atol)
    return all(map(comparison.is_right, inputs, outputs, expected))


numbers = st.sampled_from([0, 1, 2, 1.0, 1.0000001, 1.000001, 0.0, 1e-7, True, None, 10**20])
plain = st.recursive(numbers | st.sampled_from(["", "a"]), lambda x: st.lists(x, max_size=2))
answers = plain | plain.map(lambda x: (x,)) | st.sets(st.sampled_from([1, 1.5, "a"]), max_size=2)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(answers, answers, st.booleans()), min_size=1, max_size=3),
    st.sampled_from([0, 1e-6, 1e-4]),
    st.sampled_from(
        [
            ("humaneval", "f"),
            ("mbpp", "f"),
            ("mbpp", "sum_div"),
            ("mbpp", "are_equivalent"),
            ("mbpp", "similar_elements"),
        ]
    ),
)
def test_comparison_is_evalplus_rule(
    cases: list[tuple[Any, Any, bool]], atol: float, where: tuple[str, str]
) -> None:
    outputs = [one for one, _, _ in cases]
    expected = [one if same else other for one, other, same in cases]
    arguments = (*where, [[0]] * len(cases), outputs, expected, atol)
    assert comparer_says(*arguments) == evalplus_says(*arguments)


@pytest.mark.parametrize(
    ("name", "given", "right", "wrong"),
    [
        ("surface_Area", [3, 4], 34, 40),
        ("digit_distance_nums", [1, 2], 1, 7),
        ("surface_Area", [4, 5], 59, None),
    ],
)
def test_special_oracles_are_evalplus_own(name: str, given: Any, right: Any, wrong: Any) -> None:
    for answer in (right, wrong):
        arguments = ("mbpp", name, [given], [answer], [-1], 1e-6)
        assert comparer_says(*arguments) == evalplus_says(*arguments)


def test_a_column_for_a_row_is_no_table_of_millions() -> None:
    comparison = OutputComparison("humaneval", "f", 1e-6)
    assert not comparison.is_right([0], [[1.0]] * 10**5, [1.0 + 1e-9] * 10**5)
    assert comparison.is_right([0], [[1.0]] * 9, [1.0 + 1e-9] * 9)  # EvalPlus's numpy says so


@pytest.fixture(scope="module")
def disagreements(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> JudgeComparison:
    """Compare the judges once on honest and dishonest programs."""
    programs = {
        **RIGHT,
        # An answer that claims to equal everything.
        "HumanEval/0": "class Liar:\n    def __eq__(self, other): return True\n"
        "def f0(x): return Liar()\n",
        # A walk up the frames to EvalPlus's expected outputs.
        "HumanEval/10": "import sys\ndef f10(x):\n    frame = sys._getframe()\n"
        "    while frame and 'expected' not in frame.f_locals: frame = frame.f_back\n"
        "    return frame.f_locals['expected'][frame.f_locals['i']]\n",
        "HumanEval/11": "def f11(x): return x - 1\n",  # wrong for both
        "HumanEval/12": "import math\ndef f12(x): return math.floor(x)\n",
        "HumanEval/13": "def f13(x): return math.floor(x)\n",  # no import: wrong for both
        "HumanEval/14": "def f14(x):\n    while True: pass\n",
    }
    tasks = [*TASKS, *(task(n, "    return int(x)\n", [[1]], [[2]]) for n in range(10, 15))]
    data = write_tasks(tmp_path_factory.mktemp("second") / "d.jsonl", tasks)
    judge = EvalPlusJudge(read_data("humaneval", data), GradingConfig(min_time_limit=0.3), cache, 2)
    return compare_judges(judge, programs, judge.grade(programs, "0" * 64))


def test_dishonest_programs_pass_evalplus_only(disagreements: JudgeComparison) -> None:
    found = {(d.task_id, d.part): d for d in disagreements.disagreements}
    assert {key for key, _ in found} == {"HumanEval/0", "HumanEval/10"}
    assert found["HumanEval/0", "base"].evalplus == "pass"
    assert found["HumanEval/0", "base"].reason == "type"
    # Nothing to find in the frames of our executor: the inputs are all there is.
    assert found["HumanEval/10", "plus"].second.startswith("runtime_error on input 0")


def test_honest_programs_get_the_same_verdict(disagreements: JudgeComparison) -> None:
    assert disagreements.tasks == 8
    assert disagreements.base_solved == [5, 3]  # EvalPlus's two more are the dishonest ones
    assert disagreements.plus_solved == [5, 3]


LIAR = "class L(int):\n    def __eq__(self, o): return True\ndef f0(x): return L()\n"
# Runs for ever, but not where EvalPlus is loaded.
SLOW = """import sys
def f0(x):
    while 'evalplus' not in sys.modules:
        pass
    return x + 1
"""


@pytest.mark.parametrize(
    ("program", "reason", "allowed", "status"),
    [(LIAR, "tamper", "0", 0), (SLOW, "time", "0", 2), (SLOW, "time", "1", 0)],
)
def test_too_many_disagreements_fail_the_command(
    tmp_path: Path, cache: Path, program: str, reason: str, allowed: str, status: int
) -> None:
    """What is the program's doing for certain counts for nothing but a failed task."""
    data = write_tasks(tmp_path / "d.jsonl", TASKS)
    samples = write_solutions(tmp_path / "s.jsonl", {**RIGHT, FIRST: program})
    common = ["--dataset", "humaneval", "--data", str(data), "--samples", str(samples)]
    verdicts, output = tmp_path / "v.json", tmp_path / "c.json"
    grade = [sys.executable, str(ROOT / "scripts/grade_benchmark.py"), *common]
    subprocess.run([*grade, "--output", str(verdicts), "--cache", str(cache)], check=True)
    compare = [sys.executable, str(ROOT / "scripts/compare_judges.py"), *common]
    done = subprocess.run(
        [
            *(*compare, "--verdicts", str(verdicts), "--output", str(output)),
            *("--max-judge-disagreements", allowed),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == status
    graded = BenchmarkVerdicts.model_validate_json(verdicts.read_text())
    assert (graded.base_solved, graded.plus_solved) == (2, 2)
    assert graded.tasks[0].base.overruled and graded.tasks[0].base.status == "fail"
    assert f"HumanEval/0 base: {reason}: EvalPlus pass" in done.stdout
    assert output.exists() == (status == 0)
    if status == 0:
        assert json.loads(output.read_text())["base_solved"] == [3, 2]
    else:
        assert "disagree on 1 tasks" in done.stderr
