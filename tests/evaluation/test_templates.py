"""The held-out problems as a benchmark: both judges agree on right and on wrong solutions."""

from pathlib import Path

import pytest

from codepref.evaluation.benchmarks import benchmark_bytes, read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.second_judge import compare_judges
from codepref.evaluation.settings import GradingConfig, TemplateData

pytestmark = pytest.mark.slow  # sandboxes


def test_both_judges_pass_the_references_and_fail_what_knows_the_example_only(
    tmp_path: Path, cache: Path
) -> None:
    data = TemplateData(kind="templates", part="held_out", tasks=48)
    (tmp_path / "data.jsonl").write_bytes(benchmark_bytes("mbpp", data))
    benchmark = read_data("mbpp", tmp_path / "data.jsonl")
    judge = EvalPlusJudge(benchmark, GradingConfig(), cache, 2)
    right = {name: task.canonical for name, task in benchmark.tasks.items()}
    wrong = {}
    for name, task in benchmark.tasks.items():
        example = task.prompt.split(">>> ")[1].splitlines()[1].strip()
        wrong[name] = f"def {task.entry_point}(*given):\n    return {example}\n"
    for programs, solved in ((right, 48), (wrong, 0)):
        verdicts = judge.grade(programs, "0" * 64)
        assert (verdicts.base_solved, verdicts.plus_solved) == (solved, solved)
        assert compare_judges(judge, programs, verdicts).disagreements == []
