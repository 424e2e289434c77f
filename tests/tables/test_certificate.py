"""The certificate of generation: published scores, our interval, and why tasks fail."""

from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.small_runs import TABLES, write_results

from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.files import read_yaml, sha256_of, write_records
from codepref.gradings import BenchmarkVerdicts, GradingLimits, PartVerdict, Solution, TaskVerdict
from codepref.records import VerdictClass
from codepref.tables.certificate import certificate
from codepref.tables.paper import PaperTables
from codepref.tables.published import PublishedScores
from codepref.tables.results import Results, load_results

MODEL = "qwen_coder_15b_q4"
PUBLISHED = read_yaml(ROOT / "paper/published_scores.yaml", PublishedScores)


def answer(number: int, cut: bool = False, code: str = "pass") -> Solution:
    return Solution(
        task_id=f"HumanEval/{number}", solution=code, response="", tokens=1, prompt_sha256="",
        finish_reason="length" if cut else "stop", prompt_style="evalplus", engine="test",
        model_revision="test",
    )  # fmt: skip


def verdict(number: int, base: VerdictClass | None, plus: VerdictClass | None) -> TaskVerdict:
    """``None`` is a pass."""
    parts = {
        name: PartVerdict(status="fail" if failure else "pass", failure=failure, seconds=0.1)
        for name, failure in (("base", base), ("plus", plus or base))
    }
    return TaskVerdict(task_id=f"HumanEval/{number}", **parts)


def graded(answers: Path, solved: int, plus: int) -> BenchmarkVerdicts:
    """The first tasks are solved."""
    tasks = []
    for number in range(164):
        failed: VerdictClass = "wrong_answer"
        base = None if number < solved else failed
        tasks.append(verdict(number, base, None if number < plus else failed))
    return BenchmarkVerdicts(
        model=MODEL, method="base", benchmark="humaneval", dataset="humaneval", data_md5="0",
        data_sha256="0", samples_sha256=sha256_of(answers), evalplus="0.3.1", python="3.11",
        isolation="test", known_oracle_failures=[], repaired=[], workers=1, seconds=1.0,
        limits=GradingLimits(min_time_limit=4.0, ground_truth_time_factor=4.0, memory_mb=1024),
        total=164, base_solved=solved, plus_solved=plus, tasks=tasks,
    )  # fmt: skip


def run(folder: Path, grading: BenchmarkVerdicts) -> Results:
    config = load_config(
        {
            "experiments": [{"model": MODEL, "methods": ["base"]}],
            "use_benchmarks": ["humaneval"],
            "evaluation": {"samples_per_task": 0},
        }
    )
    outcomes = {
        (MODEL, "base", 0, "humaneval"): {t.task_id: t.base_solved for t in grading.tasks},
        (MODEL, "base", 0, "humaneval+"): {t.task_id: t.plus_solved for t in grading.tasks},
    }
    write_results(folder, config, outcomes)
    files = folder / "benchmarks.csv", folder / "task_verdicts.csv"
    return load_results(config, read_yaml(TABLES, PaperTables), *files)


def test_a_part_of_the_tasks_is_compared_with_nothing(answers: Path, tmp_path: Path) -> None:
    whole = graded(answers, 106, 101)
    some = whole.tasks[:20]
    counts = {"total": 20, "base_solved": 20, "plus_solved": 20, "tasks": some}
    part = whole.model_copy(update=counts)
    assert certificate(run(tmp_path, part), PUBLISHED, [part], [answers]) == []


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """The last nine of 164 are cut at the token limit, the three before have no code."""
    path = tmp_path / "humaneval.samples.jsonl"
    codes = ["" if number in (152, 153, 154) else "pass" for number in range(164)]
    write_records(path, [answer(i, i >= 155, code) for i, code in enumerate(codes)])
    return path


def test_a_score_inside_is_certified_and_its_cut_answers_counted(
    tmp_path: Path, answers: Path
) -> None:
    grading = graded(answers, solved=106, plus=101)
    lines = certificate(run(tmp_path, grading), PUBLISHED, [grading], [answers])
    # The counts of the first conversion by hand, and its intervals.
    assert lines == [
        "prompt style 'evalplus', stop_at: end: answers are graded whole",
        "Qwen2.5-Coder 1.5B, 4-bit, HumanEval: published 70.7; ours 106/164 = 64.6%, 95% interval "
        "57.1 to 71.5: **inside**",
        "of 164 answers 9 were cut at the token limit (9 of these failed), 3 had no code",
        "Qwen2.5-Coder 1.5B, 4-bit, HumanEval+: published 66.5; ours 101/164 = 61.6%, 95% interval "
        "54.0 to 68.7: **inside**",
        "of 164 answers 9 were cut at the token limit (9 of these failed), 3 had no code",
    ]


def test_what_fails_is_listed_by_cause_where_a_score_is_outside(
    tmp_path: Path, answers: Path
) -> None:
    grading = graded(answers, solved=150, plus=60)
    lines = certificate(run(tmp_path, grading), PUBLISHED, [grading], [answers])
    assert "150/164 = 91.5%" in lines[1] and lines[1].endswith("**outside**")
    assert lines[3] == (
        "failed tasks, by the probable cause: cut at the token limit (9): "
        + ", ".join(f"HumanEval/{number}" for number in range(155, 164))
        + "; no code (3): HumanEval/152, HumanEval/153, HumanEval/154"
        + "; wrong answer (2): HumanEval/150, HumanEval/151"
    )
    assert lines[4].endswith("**outside**")
    assert "wrong answer, on extra tests only (90): HumanEval/60, HumanEval/61" in lines[6]


def test_answers_that_were_not_graded_are_refused(tmp_path: Path, answers: Path) -> None:
    grading = graded(answers, solved=106, plus=101)
    found = run(tmp_path, grading)
    write_records(answers, [answer(0)])
    with pytest.raises(UserError, match=r"give its \*\.samples\.jsonl"):
        certificate(found, PUBLISHED, [grading], [answers])
