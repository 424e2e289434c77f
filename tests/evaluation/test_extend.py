"""Adding a benchmark as docs/extend.md shows it, and what is refused of data files and verdicts."""

import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from helpers.records import make_problem
from helpers.small_benchmark import RIGHT, TASKS, task, write_solutions, write_tasks
from helpers.snakemake_runs import documented, extended_checkout, jobs, run_snakemake

from codepref.config_loading import load_config
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS, benchmark_bytes, read_data
from codepref.evaluation.settings import BenchmarkConfig, EvalPlusData, TaskFileData
from codepref.gradings import BenchmarkVerdicts
from codepref.problems.decontamination.behaviour import behavioural_matches
from codepref.problems.decontamination.contamination import CodeOverlap, TextOverlap, read_tasks
from codepref.records import TestCase

SECTION = "A benchmark of another kind (BigCodeBench, ...)"
SUM = {
    "task_id": "sum",
    "prompt": "Read two numbers and print their sum.",
    "tests": [{"input": "1 2\n", "expected": "3\n"}, {"input": "4 5\n", "expected": "9\n"}],
}
ECHO = {
    "task_id": "echo",
    "prompt": "Print the line that you read.\u2028Nothing else.",
    "tests": [{"input": "a\n", "expected": "a\n"}],
}


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the documentation's benchmark, its data file and its configuration."""
    root = extended_checkout(tmp_path_factory.mktemp("extended"))
    (module,) = documented("extend.md", SECTION, "python")
    (root / "src/codepref/evaluation/programs.py").write_text(module, "utf-8")
    registry = root / "src/codepref/evaluation/benchmarks.py"
    text = registry.read_text("utf-8").replace(
        "\nBENCHMARKS: dict[str, BenchmarkEntry] = {\n",
        "\nfrom codepref.evaluation.programs import PROGRAMS\n"
        'BENCHMARKS: dict[str, BenchmarkEntry] = {\n    "programs": PROGRAMS,\n',
    )
    registry.write_text(text, "utf-8")
    lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in (SUM, ECHO)]
    data = "".join(lines).encode()
    (root / "programs.jsonl.gz").write_bytes(gzip.compress(data))
    config = yaml.safe_load(documented("extend.md", SECTION, "yaml")[-1])
    config["benchmarks"]["my_programs"]["data"].update(
        path=str(root / "programs.jsonl.gz"), sha256=hashlib.sha256(data).hexdigest()
    )
    (root / "mine.yaml").write_text(yaml.safe_dump(config))
    return root


def script(
    name: str, *options: str | Path, root: Path = ROOT, check: bool = True
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / name), *map(str, options)]
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert not check or done.returncode == 0, done.stderr
    return done


def fetch(extended: Path, target: Path) -> Path:
    config = yaml.safe_load((extended / "mine.yaml").read_text())["benchmarks"]["my_programs"]
    options = [f"--{key}={value}" for key, value in config["data"].items()]
    common = ["--name", "my_programs", "--dataset", config["dataset"], "--output", str(target)]
    script("fetch_benchmark.py", *common, *options, root=extended)
    return target


def test_an_added_benchmark_is_fetched_graded_and_collected(extended: Path, tmp_path: Path) -> None:
    data = fetch(extended, tmp_path / "d.jsonl")
    programs = {"sum": "print(sum(map(int, input().split())))\n", "echo": "print(1)\n"}
    samples, verdicts = write_solutions(tmp_path / "s.jsonl", programs), tmp_path / "v.json"
    grade = ["--dataset", "programs", "--data", data, "--samples", samples, "--output", verdicts]
    grade += ["--model", "m", "--method", "base", "--benchmark", "my_programs"]
    done = script("grade_benchmark.py", *grade, root=extended)
    assert "programs: 1/2 solved, plus 1/2" in done.stdout
    given = ["--verdicts", verdicts, "--samples", samples]
    tables = ["--output", tmp_path / "b.csv", "--tasks", tmp_path / "t.csv"]
    script("collect_benchmarks.py", *given, *tables, root=extended)
    with (tmp_path / "t.csv").open() as stream:
        found = [(r["benchmark"], r["task_id"], r["passed"]) for r in csv.DictReader(stream)]
    assert found[:2] == [("my_programs", "sum", "true"), ("my_programs", "echo", "false")]
    assert [name for name, _, _ in found[2:]] == ["my_programs+"] * 2


def test_samples_of_an_added_benchmark_are_graded_by_its_judge(
    extended: Path, tmp_path: Path
) -> None:
    data = fetch(extended, tmp_path / "d.jsonl")
    right, wrong = "print(sum(map(int, input().split())))\n", "print(1)\n"
    drawn = [("sum", right), ("sum", wrong), ("sum", right), ("echo", "print(1 / 0)\n")]
    drawn += [("echo", "while True: pass\n"), ("echo", "")]
    samples, verdicts = tmp_path / "s.jsonl", tmp_path / "v.json"
    with samples.open("w") as stream:
        for number, (task_id, program) in enumerate(drawn):
            (line,) = write_solutions(tmp_path / "one.jsonl", {task_id: program}).open()
            more = {"index": number % 3, "seed": number}
            stream.write(json.dumps({**json.loads(line), **more}) + "\n")
    grade = ["--dataset", "programs", "--data", data, "--samples", samples, "--output", verdicts]
    done = script("grade_sampled.py", *grade, "--min-time-limit", "0.5", root=extended)
    assert "programs: 6 samples, 5 programs run; 2 pass, plus 2" in done.stdout
    found = json.loads(verdicts.read_text())["samples"]
    assert [one.get("failure") for one in found] == [
        *(None, "wrong_answer", None),
        *("runtime_error", "timeout", "no_code"),
    ]


def test_an_added_benchmark_is_answered_in_its_own_words(
    extended: Path, tiny_model_folder: Path, tmp_path: Path
) -> None:
    data = fetch(extended, tmp_path / "d.jsonl")
    options = ["--model-folder", tiny_model_folder, "--model", "tiny", "--max-tokens", "4"]
    options += ["--engine", "transformers", "--output-folder", tmp_path]
    named = ["--benchmark", f"own:programs={data}", "--benchmark", f"code={data}"]
    script("generate_solutions.py", *options, *named, "--prompt-style", "chat", root=extended)
    own, code = (
        [json.loads(line) for line in (tmp_path / f"{name}.samples.jsonl").open()]
        for name in ("own", "code")
    )
    assert [one["task_id"] for one in own] == ["sum", "echo"] == [one["task_id"] for one in code]
    assert {one["prompt_sha256"] for one in own}.isdisjoint(one["prompt_sha256"] for one in code)
    done = script(
        *("generate_solutions.py", *options, *named[:2], "--prompt-style", "evalplus"),
        root=extended,
        check=False,
    )
    assert done.returncode == 2 and "d.jsonl:1: generation.prompt_style 'evalplus'" in done.stderr


def test_an_added_benchmark_is_planned_without_a_second_judge(extended: Path) -> None:
    arguments = ["-n", "--cores", "1", "--quiet", "rules", "--configfile", "mine.yaml"]
    done = run_snakemake(extended, *arguments, PYTHONPATH=str(extended / "src"))
    assert done.returncode == 0, done.stdout
    found = jobs(done.stdout)
    assert found["benchmarks_fetch"] == 1
    assert found["benchmarks_grade"] == found["benchmarks_generate"]
    assert found["benchmarks_grade_sampled"] == found["benchmarks_grade"]
    assert "benchmarks_compare_judges" not in found


def test_an_added_benchmark_has_columns_without_the_papers_scores(
    extended: Path, tmp_path: Path
) -> None:
    resolve = (
        "import yaml; from codepref.config_loading import load_config\n"
        "print(load_config(yaml.safe_load(open('mine.yaml'))).model_dump_json())"
    )
    environment = {**os.environ, "PYTHONPATH": str(extended / "src")}
    config = subprocess.check_output(
        [sys.executable, "-c", resolve], cwd=extended, env=environment, text=True
    )
    head, of = "model,method,seed,benchmark", "codeqwen,base,0,my_programs"
    written = {
        "config": config,
        "benchmarks": f"{head},solved,total\n{of},1,2\n{of}+,1,2\n",
        "tasks": f"{head},task_id,passed\n"
        + "".join(f"{of}{plus},{t}\n" for plus in ("", "+") for t in ("sum,true", "echo,false")),
    }
    for name, text in written.items():
        (tmp_path / name).write_text(text)
    options = [f"--{name}={tmp_path / name}" for name in written]
    options += [f"--paper={ROOT / 'paper/tables.yaml'}"]
    folder = tmp_path / "tables"
    script("render_tables.py", *options, "--output-folder", folder, root=extended)
    with (folder / "table1.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["model"] == "codeqwen"]
    base = next(row for row in rows if (row["method"], row["benchmark"]) == ("base", "my_programs"))
    assert (base["solved"], base["total"], base["paper_solved"]) == ("1", "2", "")
    assert {row["paper_solved"] for row in rows} == {""}


def test_training_problems_are_compared_with_its_tasks_by_text(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in (SUM, ECHO)))
    tasks = read_tasks([path])
    assert [(one.id, one.solution, one.inputs) for one in tasks] == [
        ("sum", "", []),
        ("echo", "", []),
    ]
    problem = make_problem(
        "t/p",
        statement="Read two numbers and print their sum!",
        parameters=["x"],
        reference_solution="def f(x):\n    return x + 1\n",
        tests=[TestCase(input=[n], expected=n + 1) for n in range(12)],
    )
    assert [one.task for one in TextOverlap(tasks, 5).find(problem)] == ["sum"]
    assert not list(CodeOverlap(tasks, 0.5).find(problem))
    unchecked: dict[str, list[str]] = defaultdict(list)
    assert not list(behavioural_matches([problem], tasks, 12, unchecked))
    assert unchecked["benchmark task without telling answers"] == ["sum", "echo"]


def block(**changes: Any) -> dict[str, Any]:
    data = {"kind": "evalplus", "version": "v1", "md5": "0" * 32}
    return {"benchmarks": {"x": {"label": "X", "dataset": "mbpp", "data": data, **changes}}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"dataset": "mbbp"},
            "benchmarks.x.dataset: there is no judge for 'mbbp'; did you mean 'mbpp'",
        ),
        (
            {"data": {"kind": "builtin_humaneval", "tasks": 1}},
            "kind 'builtin_humaneval' belongs to dataset 'humaneval', 'mbpp' comes as",
        ),
    ],
)
def test_the_configuration_checks_against_the_registry(
    changes: dict[str, Any], message: str
) -> None:
    assert BenchmarkConfig.model_validate(block()["benchmarks"]["x"]).dataset in BENCHMARKS
    with pytest.raises(UserError, match=message):
        load_config(block(**changes))


# --- Data files -----------------------------------------------------------------------------------


def lines(*tasks: Any) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in tasks)


MALFORMED = [
    (lines(TASKS[0], TASKS[0]), ":2: task HumanEval/0 occurs twice"),
    (b"", ": holds no task"),
    (lines(5), ":1: not a benchmark task: expected an object, found 5"),
    (lines([1]), r":1: not a benchmark task: expected an object, found \[1\]"),
    (lines({**TASKS[0], "task_id": 7}), ":1: not a benchmark task: task_id is 7, expected a text"),
    (lines({**TASKS[0], "task_id": ["a"]}), r":1: .*task_id is \[\"a\"\], expected a text"),
    (lines({**TASKS[0], "prompt": 7}), ":1: .*prompt is 7, expected a text"),
    (lines({**TASKS[0], "entry_point": 7}), ":1: .*entry_point"),
    (lines(TASKS[0]) + b'{"task_id": "\xff"}\n', ":2: not UTF-8 text"),
    (gzip.compress(lines(TASKS[0])), "decompress it first"),
]


@pytest.mark.parametrize(("content", "message"), MALFORMED)
def test_a_malformed_data_file_is_one_clear_message(
    tmp_path: Path, content: bytes, message: str
) -> None:
    from codepref.evaluation.solutions import read_questions  # loads torch

    path = tmp_path / "d.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_questions(path, "chat")
    with pytest.raises(UserError, match=message):
        read_data("humaneval", path)
    if content[:2] == b"\x1f\x8b":
        return
    found = TaskFileData(kind="file", path=str(path), sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(UserError, match=message):
        benchmark_bytes("humaneval", found)


def test_tasks_of_the_other_data_set_are_refused(tmp_path: Path) -> None:
    data = write_tasks(tmp_path / "d.jsonl", TASKS)
    samples = write_solutions(tmp_path / "s.jsonl", RIGHT)
    options = ["--dataset", "mbpp", "--data", data, "--samples", samples]
    done = script("grade_benchmark.py", *options, "--output", tmp_path / "v", check=False)
    assert done.returncode == 2
    assert "d.jsonl:1: task_id 'HumanEval/0' does not start with 'Mbpp/'" in done.stderr


def test_a_line_separator_inside_a_text_ends_no_line(tmp_path: Path) -> None:
    odd = task(0, "    return x\n", [[1]], [], prompt='def f0(x):\n    """a\u2028b\x85"""\n')
    path = tmp_path / "d.jsonl"
    path.write_bytes(json.dumps(odd, ensure_ascii=False).encode() + b"\r\n")
    assert list(read_data("humaneval", path).tasks) == ["HumanEval/0"]


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-12] + b"?" * 12, lambda b: b[:30] + b"??????" + b[36:], lambda b: b[:9]],
)
def test_damaged_gzip_is_one_clear_message(tmp_path: Path, damage: Any) -> None:
    path = tmp_path / "d.jsonl.gz"
    path.write_bytes(damage(gzip.compress(lines(*TASKS))))
    data = EvalPlusData(kind="evalplus", version="v1", md5="0" * 32, path=str(path))
    with pytest.raises(UserError, match=r"d\.jsonl\.gz: damaged .*; fetch it again"):
        benchmark_bytes("humaneval", data)


def test_a_file_that_is_not_the_named_one_is_refused(tmp_path: Path) -> None:
    path = write_tasks(tmp_path / "d.jsonl", TASKS)
    data = TaskFileData(kind="file", path=str(path), sha256="0" * 64)
    with pytest.raises(UserError, match=r"d\.jsonl: sha256 of .* expected 000"):
        benchmark_bytes("humaneval", data)


# --- The commands ---------------------------------------------------------------------------------


def small_verdicts(path: Path, data: Path, samples: Path, **changes: Any) -> Path:
    values: dict[str, Any] = {
        **{"dataset": "humaneval", "data_md5": "0", "evalplus": "0.3.1", "python": "3.11"},
        "data_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
        "samples_sha256": hashlib.sha256(samples.read_bytes()).hexdigest(),
        "isolation": "test",
        "limits": {"min_time_limit": 1, "ground_truth_time_factor": 4, "memory_mb": 1024},
        **{"known_oracle_failures": [], "repaired": [], "workers": 1, "seconds": 0, "total": 0},
        **{"base_solved": 0, "plus_solved": 0, "tasks": []},
    }
    path.write_text(BenchmarkVerdicts(**values | changes).model_dump_json())
    return path


@pytest.mark.parametrize(
    ("key", "value"),
    [("dataset", "mbpp"), ("data_sha256", "1" * 64), ("samples_sha256", "2" * 64)],
)
def test_verdicts_on_something_else_are_not_compared(tmp_path: Path, key: str, value: str) -> None:
    data = write_tasks(tmp_path / "d.jsonl", TASKS)
    samples = write_solutions(tmp_path / "s.jsonl", RIGHT)
    verdicts = small_verdicts(tmp_path / "v.json", data, samples, **{key: value})
    options = ["--dataset", "humaneval", "--data", data, "--samples", samples]
    options += ["--verdicts", verdicts, "--output", tmp_path / "c.json"]
    done = script("compare_judges.py", *options, check=False)
    assert done.returncode == 2
    ours = json.loads(small_verdicts(verdicts, data, samples).read_text())[key]
    assert f"its {key} is {value}, " in done.stderr and f" is {ours}" in done.stderr
    assert not (tmp_path / "c.json").exists()


def test_an_output_that_cannot_be_written_is_noticed_first(tmp_path: Path) -> None:
    output = tmp_path / "file" / "out"
    output.parent.write_text("")
    missing = tmp_path / "missing"
    graded = ["--dataset", "humaneval", "--data", missing, "--samples", missing]
    fetched = ["--kind", "builtin_mbpp", "--tasks", "1"]
    for name, *options in (
        ("grade_benchmark.py", *graded, "--output", output),
        ("compare_judges.py", *graded, "--verdicts", missing, "--output", output),
        ("fetch_benchmark.py", "--name", "x", "--dataset", "mbpp", *fetched, "--output", output),
        (
            *("generate_solutions.py", "--model-folder", missing, "--model", "m"),
            *("--benchmark", f"x={missing}", "--output-folder", output),
        ),
    ):
        done = script(name, *options, check=False)
        assert done.returncode == 2 and "cannot be written" in done.stderr, (name, done.stderr)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("a/b=x.jsonl", "expected NAME=DATA.jsonl or NAME:DATASET=DATA.jsonl"),
        ("x:nosuch=x.jsonl", "no such data set; expected humaneval, mbpp"),
    ],
)
def test_a_benchmark_of_an_odd_name_is_refused(tmp_path: Path, given: str, message: str) -> None:
    options = ["--model-folder", "m", "--model", "m", "--output-folder", tmp_path]
    done = script("generate_solutions.py", "--benchmark", given, *options, check=False)
    assert done.returncode == 2 and message in done.stderr


def test_data_of_the_other_data_set_is_refused(tmp_path: Path) -> None:
    options = ["--name", "x", "--dataset", "humaneval", "--kind", "builtin_mbpp", "--tasks", "1"]
    done = script("fetch_benchmark.py", *options, "--output", tmp_path / "d", check=False)
    assert done.returncode == 2 and "belongs to dataset 'mbpp'" in done.stderr
