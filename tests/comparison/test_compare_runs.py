"""Two runs side by side: what changed in results and origins, and folders that are no run."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.full_run import made_by
from helpers.small_runs import script

from codepref.comparison.origins import setting_table
from codepref.comparison.results import compared, result_table, task_lines
from codepref.comparison.runs import open_run
from codepref.files import write_json, write_text
from codepref.provenance.record import mark_layout, sidecar

TASKS = [f"T/{n}" for n in range(20)]
KEYS = ["model", "method", "seed", "benchmark", "task_id"]
CONFIG: dict[str, Any] = {
    "run": "a",
    "use_benchmarks": ["quiz"],
    "models": {"m": {"label": "M"}},
    "methods": {"base": {"trainer": "none"}, "dpo": {"trainer": "dpo", "dpo": {"beta": 0.1}}},
    "training": {"seeds": [0, 1], "flag": True, "count": 1},
}


def make_run(
    folder: Path,
    solved: Callable[[str, int, int], bool],
    methods: tuple[str, ...] = ("base", "dpo"),
    tasks: list[str] = TASKS,
    config: dict[str, Any] = CONFIG,
    samples: int = 4,
) -> Path:
    """Write a run: ``solved(method, seed, number of the task)`` says which greedy answers pass."""
    mark_layout(folder)
    with made_by("keep_config.py", "--output", folder / "config.json"):
        write_json(folder / "config.json", config)
    with (folder / "task_verdicts.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*KEYS, "passed"])
        for method in methods:
            for seed in [0] if method == "base" else [0, 1]:
                for number, task in enumerate(tasks):
                    passed = int(solved(method, seed, number))
                    writer.writerow(["m", method, seed, "quiz", task, passed])
    (folder / "benchmarks/data").mkdir(parents=True, exist_ok=True)
    with (folder / "benchmarks/samples.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*KEYS, "index", "base", "plus", "failure"])
        for number, task in enumerate(tasks):
            for index in range(samples):
                verdict = str(index <= number % 4).lower()
                writer.writerow(["m", "base", 0, "quiz", task, index, verdict, "false", "other"])
    write_text(
        folder / "benchmarks/data/quiz.jsonl",
        "".join(json.dumps({"task_id": task, "prompt": task}) + "\n" for task in tasks),
    )
    problems = [{"id": f"p/{n}", "statement": f"Print {n}."} for n in range(3)]
    write_text(folder / "problems/all.jsonl", "".join(json.dumps(p) + "\n" for p in problems))
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    first = make_run(tmp_path / "a", lambda method, seed, n: n < 8)
    changed = {**CONFIG, "run": "b", "training": {"seeds": [0, 1], "flag": False, "count": 1}}
    changed["methods"] = {**CONFIG["methods"], "rft": {"trainer": "rft"}}
    second = make_run(
        tmp_path / "b",
        lambda method, seed, n: 1 <= n < (8 if method == "base" else 18),
        ("base", "dpo", "rft"),
        [*TASKS[:19], "T/new"],
        changed,
    )
    problems = second / "problems/all.jsonl"
    text = problems.read_text("utf-8").replace("Print 2.", "Print 3.").replace("p/0", "p/9")
    problems.write_text(text, "utf-8")
    return first, second


def cells(first: Path, second: Path) -> dict[str, list[str]]:
    """The lines of the table of results, by method and kind of answers."""
    found, _ = compared(open_run(first), open_run(second))
    rows = [row for group in result_table(found).groups for row in group]
    return {f"{row[1].text} {row[3].text} {row[2].text}": [c.text for c in row[4:]] for row in rows}


def test_rows_are_paired_by_task_and_seed(runs: tuple[Path, Path]) -> None:
    found = cells(*runs)
    assert list(found) == [
        *("base greedy quiz", "dpo greedy quiz", "base 4 samples quiz", "base 4 samples quiz+")
    ]
    seeds, tasks, a, b, change, counts, p = found["base greedy quiz"]
    assert (seeds, tasks, a, b) == ("0", "19", "42.1", "36.8")  # the task of its own is left out
    assert change.startswith("−5.3 [−") and counts == "+0 −1" and p == "1.00"
    seeds, tasks, a, b, change, counts, p = found["dpo greedy quiz"]
    assert (seeds, a, b, counts) == ("0 1", "42.1", "89.5", "+10.0 −1.0")
    assert change.startswith("+47.4 [+") and float(p) < 0.05


def test_the_tasks_are_named_and_change_with_the_data(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    found, alone = compared(*map(open_run, runs))
    base, dpo = task_lines(found)
    assert base == "m base quiz: gained 0, lost 1 (T/0)"
    assert dpo.startswith("m dpo quiz: gained 10 (T/10, ") and dpo.endswith("lost 1 (T/0)")
    assert "(T/10, T/11 and 8 more)" in task_lines(found, 2)[1]
    assert alone == [("B", ("m", "rft", "quiz", "greedy"))]
    same, _ = compared(open_run(runs[0]), open_run(runs[0]))
    assert task_lines(same) == [f"m {name} quiz: gained 0, lost 0" for name in ("base", "dpo")]


def test_few_tasks_have_no_interval_and_templates_are_clusters(tmp_path: Path) -> None:
    folders = [
        make_run(tmp_path / name, lambda _m, _s, n, at=at: n < at, ("base",))
        for name, at in (("a", 0), ("b", 20))
    ]
    assert "[too few" not in cells(*folders)["base greedy quiz"][4]
    for folder in folders:
        lines = [{"task_id": task, "cluster": f"c{n % 3}"} for n, task in enumerate(TASKS)]
        text = "".join(json.dumps(line) + "\n" for line in lines)
        write_text(folder / "benchmarks/data/quiz.jsonl", text)
    found = cells(*folders)["base greedy quiz"]
    assert found[4] == "+100.0 [too few: 3]" and found[6] == "0.25"  # 2 * 0.5**3


def test_settings_are_flattened(runs: tuple[Path, Path]) -> None:
    table = setting_table(*map(open_run, runs))
    assert table is not None
    rows = [[cell.text for cell in row] for row in table.groups[0]]
    assert rows == [
        ["training.flag", "true", "false"],
        ["methods.rft.trainer", "–", "rft"],
    ]
    assert setting_table(open_run(runs[0]), open_run(runs[0])) is None


def test_the_command_prints_all_of_it_and_writes_markdown(runs: tuple[Path, Path]) -> None:
    record = sidecar(runs[1] / "config.json")
    record.write_text(record.read_text("utf-8").replace('"python": "', '"python": "9.'), "utf-8")
    output = runs[0].parent / "comparison.md"
    done = script("compare_runs.py", *runs, "--markdown", output)
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.split())
    for said in (
        "B is above A beyond chance in 1 and below in 0",
        "lost 1 (T/0)",
        "m rft quiz greedy: only in B",
        "training.flag true false",
        "problems 3 3 2 1",  # one renamed, one changed
        "problems, only in A: 1 id: p/0.",
        "problems, changed: 1 id: p/2.",
        "tasks of quiz 20 20 19 19",
        "1 task only in A and 1 only in B, left out",
    ):
        assert said in text, said
    assert any(line.startswith("Python ") and " 9." in line for line in done.stdout.splitlines())
    assert "| training.flag | true | false |" in output.read_text("utf-8")


def test_one_of_them_may_be_a_release(runs: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(runs[0], tmp_path / "release/results/a")
    (tmp_path / "release/config.yaml").touch()
    opened = open_run(tmp_path / "release")
    assert opened.folder == tmp_path / "release/results/a"
    found, alone = compared(open_run(runs[0]), opened)
    assert len(found) == 4 and not alone


def test_a_folder_that_is_no_finished_run_is_refused(runs: tuple[Path, Path]) -> None:
    empty = runs[0].parent / "empty"
    empty.mkdir()
    (runs[1] / "task_verdicts.csv").unlink()
    for folder, message in (
        (runs[0].parent / "none", "no such folder; expected a run's, or a release"),
        (empty, "neither a run's folder (it has no config.json) nor a release"),
        (runs[1], "has no task_verdicts.csv: the run is not finished"),
    ):
        done = script("compare_runs.py", runs[0], folder)
        assert done.returncode == 2 and message in done.stderr, done.stderr
        assert str(folder) in done.stderr and "Traceback" not in done.stderr
        assert not done.stdout
