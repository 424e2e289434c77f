"""Several samples per task: graded by both judges, equal programs once, one record per sample."""

import csv
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.small_benchmark import RIGHT
from helpers.small_runs import script

from codepref.errors import UserError
from codepref.evaluation.collect import collect_sampled
from codepref.evaluation.grade_sampled import grade_sampled, read_sampled
from codepref.evaluation.sampled_records import SampledSolution, SampledVerdicts
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark
from codepref.files import write_records

LIAR = "class L:\n    def __eq__(self, other): return True\ndef f0(x): return L()\n"
HEAD = "model,method,seed,benchmark,task_id,index,base,plus,failure"
# The samples of HumanEval/0 (x + 1): program, base, plus, failure class.
F0 = [
    (RIGHT["HumanEval/0"], True, True, None),
    ("def f0(x): return x + 2\n", False, False, "wrong_answer"),
    ("def f0(x): return 2 if x == 1 else 3\n", True, False, "wrong_answer"),
    ("def f0(x): return x + y\n", False, False, "runtime_error"),
    ("def f1(x): return x + 1\n", False, False, "runtime_error"),
    ("import nothing_of_this_name\n", False, False, "runtime_error"),
    ("def f0(x)\n    return x + 1\n", False, False, "compile_error"),
    ("(" * 900 + ")" * 900, False, False, "compile_error"),
    ("def f0(x):\n    while True: pass\n", False, False, "timeout"),
    ("def f0(x): return bytearray(1 << 40)\n", False, False, "memory_limit"),
    ("", False, False, "no_code"),
    (LIAR, False, False, "wrong_answer"),
    (RIGHT["HumanEval/0"], True, True, None),
]


def sample(task_id: str, index: int, program: str) -> SampledSolution:
    return SampledSolution(
        task_id=task_id, solution=program, response=program, finish_reason="stop", tokens=1,
        prompt_sha256="0", prompt_style="chat", engine="e", model_revision="r", index=index,
        seed=index,
    )  # fmt: skip


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """13 samples of each task; of the second and third task all are the same right program."""
    programs = {"HumanEval/0": [program for program, *_ in F0]}
    programs |= {name: [RIGHT[name]] * len(F0) for name in ("HumanEval/1", "HumanEval/2")}
    write_records(
        tmp_path / "s.jsonl",
        [sample(task, n, program) for task, of in programs.items() for n, program in enumerate(of)],
    )
    return tmp_path / "s.jsonl"


def test_each_sample_has_a_verdict_and_a_class_and_equal_programs_run_once(
    small: Benchmark, cache: Path, samples: Path, tmp_path: Path
) -> None:
    config = GradingConfig(min_time_limit=0.5)
    found = grade_sampled(small, samples, config, cache, workers=2)
    verdicts = [one for one in found.samples if one.task_id == "HumanEval/0"]
    assert [(one.base, one.plus, one.failure) for one in verdicts] == [one[1:] for one in F0]
    assert [one.overruled for one in verdicts] == [program == LIAR for program, *_ in F0]
    assert [one.same_as for one in verdicts] == [*range(12), 0]
    assert (found.samples_per_task, found.programs) == (13, 12 + 1 + 1)
    others = [one for one in found.samples if one.task_id != "HumanEval/0"]
    assert len(others) == 26 and all(one.plus and one.same_as == 0 for one in others)

    named = {"model": "m", "method": "base", "seed": 0, "benchmark": "humaneval"}
    path = tmp_path / "v.json"
    path.write_text(found.model_copy(update=named).model_dump_json())
    assert collect_sampled([path], [samples], tmp_path / "samples.csv") == 39
    text = (tmp_path / "samples.csv").read_text()
    assert text.splitlines()[0] == HEAD
    with (tmp_path / "samples.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[2] == {
        **{name: str(value) for name, value in named.items()},
        **{"task_id": "HumanEval/0", "index": "2", "base": "true", "plus": "false"},
        "failure": "wrong_answer",
    }
    with pytest.raises(UserError, match="graded twice: m base 0 humaneval"):
        collect_sampled([path, path], [samples, samples], tmp_path / "samples.csv")
    samples.write_text(samples.read_text() + "\n")
    with pytest.raises(UserError, match=r"v\.json: was made from other samples than .*s\.jsonl"):
        collect_sampled([path], [samples], tmp_path / "samples.csv")
    assert (tmp_path / "samples.csv").read_text() == text


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (lambda all: all[:-13], r"1 tasks are in only one of this file and s\.jsonl: HumanEval/2"),
        (lambda all: all[:-1], r"sample 12 of HumanEval/2 is there 0 times; .* samples 0 to 12"),
        (lambda all: [*all, all[-1]], r"sample 12 of HumanEval/2 is there 2 times"),
    ],
)
def test_incomplete_samples_are_refused(
    small: Benchmark, samples: Path, lines: object, message: str
) -> None:
    changed = lines(samples.read_text().splitlines(keepends=True))  # type: ignore[operator]
    samples.write_text("".join(changed))
    with pytest.raises(UserError, match=message):
        read_sampled(samples, small)


def test_the_command_line_writes_the_record(small: Benchmark, cache: Path, tmp_path: Path) -> None:
    drawn = [sample(task, n, code) for task, code in RIGHT.items() for n in range(2)]
    write_records(tmp_path / "s.jsonl", drawn)
    done = script(
        "grade_sampled.py", "--dataset", "humaneval", "--data", small.path, "--samples",
        tmp_path / "s.jsonl", "--output", tmp_path / "v.json", "--model", "m", "--method", "dpo",
        "--seed", 2, "--benchmark", "mine", "--cache", cache, folder=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "humaneval: 6 samples, 3 programs run; 6 pass, plus 6, in " in done.stdout
    found = SampledVerdicts.model_validate_json((tmp_path / "v.json").read_text())
    assert (found.model, found.method, found.seed, found.benchmark) == ("m", "dpo", 2, "mine")
