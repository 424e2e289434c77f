"""EvalPlus's real data: references pass, on a busy machine too; published verdicts are met."""

import functools
from collections.abc import Callable
from pathlib import Path

import certification
import pytest
from helpers.places import SHARED
from helpers.small_benchmark import write_solutions

from codepref.errors import UserError
from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.published.samples import read_samples
from codepref.evaluation.published.verdicts import read_published
from codepref.evaluation.second_judge import compare_judges
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark, Dataset, read_solutions

pytestmark = pytest.mark.shared

Read = Callable[[Dataset, str], Benchmark]


def subset(benchmark: Benchmark, folder: Path, *task_ids: str) -> Benchmark:
    """Return a benchmark of some tasks of another."""
    lines = benchmark.path.read_text("utf-8").splitlines(keepends=True)
    path = folder / "subset.jsonl"
    path.write_text(
        "".join(line for line in lines if any(f'"{name}"' in line[:40] for name in task_ids))
    )
    return read_data(benchmark.dataset, path)


def references(benchmark: Benchmark) -> dict[str, str]:
    return {key: task.canonical for key, task in benchmark.tasks.items()}


@pytest.mark.long  # two cores for minutes
def test_all_references_of_humaneval_pass_also_beside_busy_processors(
    real_benchmark: Read, cache: Path
) -> None:
    benchmark = real_benchmark("humaneval", "HumanEvalPlus-v0.1.10")
    with certification.processor_burners(2):
        judge = EvalPlusJudge(benchmark, GradingConfig(), cache, 2)
        assert judge.ground_truth().failures == {}
    verdicts = EvalPlusJudge(benchmark, GradingConfig(), cache, 1).grade(
        references(benchmark), benchmark.sha256
    )
    assert (verdicts.base_solved, verdicts.plus_solved, verdicts.total) == (164, 164, 164)
    assert verdicts.repaired == ["HumanEval/32"]


@pytest.mark.long  # Mbpp/255's output has 153 million cells
def test_all_references_of_mbpp_pass(real_benchmark: Read, cache: Path) -> None:
    benchmark = real_benchmark("mbpp", "MbppPlus-v0.2.0")
    assert len(benchmark.tasks) == 378
    assert EvalPlusJudge(benchmark, GradingConfig(), cache, 2).ground_truth().failures == {}


def test_the_oracle_bug_of_the_real_task_is_detected(
    real_benchmark: Read, cache: Path, tmp_path: Path
) -> None:
    whole = real_benchmark("humaneval", "HumanEvalPlus-v0.1.10")
    few = subset(whole, tmp_path, "HumanEval/31", "HumanEval/32")
    judge = EvalPlusJudge(few, GradingConfig(repair_find_zero=False), cache)
    assert set(judge.ground_truth().failures) == {"HumanEval/32"}
    with pytest.raises(UserError, match="HumanEval/32"):
        judge.grade(references(few), "0" * 64)


def test_published_verdicts_are_met_on_a_slice(
    real_benchmark: Read, cache: Path, tmp_path: Path
) -> None:
    sets = {given.samples.name: given for given in certification.published_sets(SHARED)}
    given = sets["samples_mbpp_codeqwen_chat_temp_0.0.jsonl"]
    published = read_published(given.verdicts)
    whole = real_benchmark("mbpp", "MbppPlus-v0.1.0")
    assert whole.md5 == published.data_md5
    names = [key for key in whole.tasks if key.endswith(("4", "7"))][:60]
    few = subset(whole, tmp_path, *names)
    programs = {
        sample.task_id: sample.program(few.tasks[sample.task_id].prompt)
        for sample in read_samples(given.samples)
        if sample.task_id in few.tasks
    }
    judge = EvalPlusJudge(few, GradingConfig(), cache, 2)
    verdicts = judge.grade(programs, "0" * 64)
    differ = {
        task.task_id
        for task in verdicts.tasks
        for [before] in [published.of[task.task_id]]
        if (task.base_solved, task.plus_solved) != (before.base_solved, before.plus_solved)
    }
    assert differ == {"Mbpp/287"}
    assert 10 < verdicts.plus_solved < verdicts.base_solved < verdicts.total
    compared = compare_judges(judge, programs, verdicts)
    assert compared.disagreements == []
    assert compared.plus_solved == [verdicts.plus_solved] * 2


@functools.cache
def _special() -> tuple[str, ...]:
    """MBPP tasks with special oracles, unusual inputs (sets, complex numbers) or outputs."""
    numbers = (2, 7, 115, 124, 164, 252, 295, 410, 558, 580, 581, 737, 769)
    return tuple(f"Mbpp/{number}" for number in numbers)


def test_both_judges_accept_references_with_special_oracles(
    real_benchmark: Read, cache: Path, tmp_path: Path
) -> None:
    few = subset(real_benchmark("mbpp", "MbppPlus-v0.2.0"), tmp_path, *_special())
    samples = write_solutions(tmp_path / "s.jsonl", references(few))
    programs = {s.task_id: s.solution for s in read_solutions(samples, few)}
    judge = EvalPlusJudge(few, GradingConfig(), cache, 2)
    verdicts = judge.grade(programs, "0" * 64)
    assert verdicts.plus_solved == verdicts.total > 5
    assert compare_judges(judge, programs, verdicts).disagreements == []


@pytest.mark.long
def test_a_large_right_answer_passes_both_judges(
    real_benchmark: Read, cache: Path, tmp_path: Path
) -> None:
    # 128 million texts in one output.
    few = subset(real_benchmark("mbpp", "MbppPlus-v0.2.0"), tmp_path, "Mbpp/255")
    judge = EvalPlusJudge(few, GradingConfig(), cache, 2)
    programs = references(few)
    verdicts = judge.grade(programs, "0" * 64)
    assert verdicts.plus_solved == 1
    assert compare_judges(judge, programs, verdicts).disagreements == []
