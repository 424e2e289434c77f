"""The two tables that everything after grading reads."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers.places import ROOT
from helpers.small_benchmark import RIGHT, write_solutions

from codepref.errors import UserError
from codepref.evaluation.collect import collect
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark
from codepref.files import sha256_of

PROGRAMS = {**RIGHT, "HumanEval/0": "def f0(x):\n    return 2 if x == 1 else 3\n"}


NAMES = {"model": "m", "method": "base", "seed": 0, "benchmark": "humaneval"}


class Grading(NamedTuple):
    verdicts: Path
    samples: Path


def grade(small: Benchmark, cache: Path, samples: Path) -> str:
    judge = EvalPlusJudge(small, GradingConfig(), cache)
    found = judge.grade(PROGRAMS, sha256_of(samples))
    return found.model_copy(update=NAMES).model_dump_json()


@pytest.fixture
def graded(small: Benchmark, cache: Path, tmp_path: Path) -> Grading:
    """A graded samples file: 3 of 3 base, 2 of 3 plus."""
    samples = write_solutions(tmp_path / "s.jsonl", PROGRAMS)
    verdicts = tmp_path / "v.json"
    verdicts.write_text(grade(small, cache, samples))
    return Grading(verdicts, samples)


def collect_all(gradings: list[Grading], folder: Path) -> int:
    verdicts, samples = ([grading[i] for grading in gradings] for i in (0, 1))
    return collect(verdicts, samples, folder / "b.csv", folder / "t.csv")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_one_row_per_column_and_one_line_per_task(graded: Grading, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, str(ROOT / "scripts/collect_benchmarks.py")),
            *("--verdicts", str(graded.verdicts), "--samples", str(graded.samples)),
            *("--output", str(tmp_path / "b.csv"), "--tasks", str(tmp_path / "t.csv")),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    base, plus = rows(tmp_path / "b.csv")
    assert (base["model"], base["method"], base["seed"]) == ("m", "base", "0")
    assert not {"verdicts", "samples"} & set(base)  # names of files are no results
    assert (base["benchmark"], base["solved"], base["total"]) == ("humaneval", "3", "3")
    assert (plus["benchmark"], plus["solved"], plus["pass_at_1"]) == ("humaneval+", "2", "0.666667")
    assert base["engine"] == "transformers 5.23.0" and base["prompt_style"] == "chat"
    assert base["evalplus_version"] == "0.3.1" and len(base["dataset_sha256"]) == 64
    tasks = rows(tmp_path / "t.csv")
    assert [(t["benchmark"], t["task_id"], t["passed"]) for t in tasks] == [
        *(("humaneval", f"HumanEval/{n}", "true") for n in range(3)),
        ("humaneval+", "HumanEval/0", "false"),
        *(("humaneval+", f"HumanEval/{n}", "true") for n in (1, 2)),
    ]


def test_other_samples_than_were_graded_are_refused(graded: Grading, tmp_path: Path) -> None:
    graded.samples.write_text(graded.samples.read_text() + "\n")
    with pytest.raises(UserError, match="made from other samples"):
        collect_all([graded], tmp_path)
    assert not (tmp_path / "b.csv").exists()


def test_mixed_engines_are_refused(
    small: Benchmark, cache: Path, tmp_path: Path, graded: Grading
) -> None:
    lines = graded.samples.read_text().replace("5.23.0", "5.24.0", 1)
    graded.samples.write_text(lines)
    graded.verdicts.write_text(grade(small, cache, graded.samples))
    with pytest.raises(UserError, match="mixes engines"):
        collect_all([graded], tmp_path)


def test_verdicts_are_of_each_answer_once(graded: Grading, tmp_path: Path) -> None:
    found = json.loads(graded.verdicts.read_text())
    kept = graded.verdicts.read_text()
    for tasks, message in (
        ([*found["tasks"], found["tasks"][0] | {"task_id": "HumanEval/9"}], "of which there is no"),
        ([*found["tasks"], found["tasks"][0]], "verdict on HumanEval/0, of which there is no"),
        (found["tasks"][1:], "has no verdict on HumanEval/0"),
    ):
        passed = [task["base"]["status"] == "pass" for task in tasks]
        counts = {"total": len(tasks), "base_solved": sum(passed)}
        both = [p and t["plus"]["status"] == "pass" for p, t in zip(passed, tasks, strict=True)]
        changed = found | counts | {"plus_solved": sum(both), "tasks": tasks}
        graded.verdicts.write_text(json.dumps(changed))
        with pytest.raises(UserError, match=message):
            collect_all([graded], tmp_path)
    graded.verdicts.write_text(kept.replace('"base_solved":3', '"base_solved":2', 1))
    with pytest.raises(UserError, match="base_solved is 2, but 3 of the tasks"):
        collect_all([graded], tmp_path)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"dataset": "mbpp"}, "dataset"),
        ({"data_sha256": "0" * 64}, "tasks"),
        ({"evalplus": "0.0.1"}, "EvalPlus version"),
        (
            {"limits": {"min_time_limit": 9, "ground_truth_time_factor": 4, "memory_mb": 1}},
            "limits",
        ),
    ],
)
def test_gradings_of_another_kind_are_not_put_in_one_table(
    graded: Grading, tmp_path: Path, change: dict[str, object], what: str
) -> None:
    other = tmp_path / "other.json"
    found = json.loads(graded.verdicts.read_text())
    other.write_text(json.dumps(found | {"method": "dpo"} | change))
    with pytest.raises(UserError, match=rf"other\.json: its {what} .* differ from those of"):
        collect_all([graded, Grading(other, graded.samples)], tmp_path)
    assert not (tmp_path / "b.csv").exists()


def test_a_grading_given_twice_is_refused(graded: Grading, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="graded twice: m base 0 humaneval"):
        collect_all([graded, graded], tmp_path)
    with pytest.raises(UserError, match="2 files of verdicts, but 1 of samples"):
        collect([graded.verdicts] * 2, [graded.samples], tmp_path / "b.csv", tmp_path / "t.csv")


def test_both_tables_are_written_or_neither(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for rows_path, tasks_path in [
        (tmp_path / "b.csv", tmp_path / "file" / "t.csv"),
        (tmp_path, tmp_path / "t.csv"),
    ]:
        with pytest.raises(UserError, match=r"cannot be written|is a folder"):
            collect([], [], rows_path, tasks_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_missing_samples_and_a_folder_in_their_place_are_named(
    graded: Grading, tmp_path: Path
) -> None:
    for samples, message in [
        (tmp_path / "no.jsonl", r"no\.jsonl: no such file; expected Solution records"),
        (tmp_path, r"cannot be read \(Is a directory\)"),
    ]:
        with pytest.raises(UserError, match=message):
            collect_all([graded._replace(samples=samples)], tmp_path)
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\)"):
        collect_all([graded._replace(verdicts=tmp_path)], tmp_path)
