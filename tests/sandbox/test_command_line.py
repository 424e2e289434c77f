"""scripts/run_executions.py as people use it: output, bad input, SIGKILL and resuming."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.corpus_programs import PROBLEMS, CorpusProgram
from helpers.places import SCRIPTS

from codepref.files import read_records, record_line, write_records
from codepref.records import Execution, TestCase

SCRIPT = SCRIPTS / "run_executions.py"
TIMES = ("cpu_seconds", "wall_seconds", "peak_memory_mb")


def samples(count: int, code: str = "def add(a, b):\n    return a + b\n") -> list:
    """As many different programs: equal ones would share an execution."""
    return [
        CorpusProgram(
            "t", "t", PROBLEMS["add"], frozenset(), False, "", f"{code}# {index}\n"
        ).sample(index)
        for index in range(count)
    ]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    names = {name: tmp_path / f"{name}.jsonl" for name in ("problems", "samples", "output")}
    write_records(names["problems"], [PROBLEMS["add"], PROBLEMS["total"]])
    write_records(names["samples"], samples(3))
    return names


def command(files: dict[str, Path], *more: str) -> list[str]:
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    return [sys.executable, str(SCRIPT), *options, *more]


def execute(files: dict[str, Path], *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(files, *more), capture_output=True, text=True, timeout=120)


def verdicts(path: Path) -> list[dict]:
    return [
        {key: value for key, value in json.loads(line).items() if key not in TIMES}
        for line in path.read_text().splitlines()
    ]


def test_one_record_per_sample_in_order_and_a_summary(files: dict[str, Path]) -> None:
    done = execute(files, "--workers", "2", "--cpu-seconds", "1")
    assert done.returncode == 0, done.stderr
    records = list(read_records(files["output"], Execution))
    assert [record.index for record in records] == [0, 1, 2]
    assert {record.verdict for record in records} == {"passed"}
    assert "bubblewrap" in records[0].isolation
    assert "samples in" in done.stderr and "per second" in done.stderr
    assert "programs computing" in done.stderr
    assert "\r" not in done.stderr, "plain lines where there is no terminal"
    left = {path.name for path in files["output"].parent.iterdir()}
    assert left == {"output.jsonl", "problems.jsonl", "samples.jsonl", "provenance"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("samples", '{"problem_id": "corpus/add"'), "samples.jsonl:4: not a valid Sample"),
        (("samples", record_line(samples(1)[0])), "samples.jsonl:4: the sample with model"),
        (
            ("samples", record_line(samples(1)[0].model_copy(update={"problem_id": "x/y"}))),
            "samples.jsonl:4: there is no problem 'x/y'",
        ),
        (("problems", "not json\n"), "problems.jsonl:3: not a valid Problem"),
        (
            ("problems", record_line(PROBLEMS["add"])),
            "id corpus/add is already on line 1",
        ),
        (
            (
                "problems",
                record_line(PROBLEMS["mean"].model_copy(update={"tags": ["Interactive"]})),
            ),
            "problems.jsonl:3: problem corpus/mean cannot be judged: it needs an interactive judge",
        ),
        (
            (
                "problems",
                record_line(
                    PROBLEMS["total"].model_copy(
                        update={"id": "a/b", "tests": [TestCase(input=["1"], expected="1")]}
                    )
                ),
            ),
            "problems.jsonl:3: problem a/b cannot be judged: test 1: input is a list; with interf",
        ),
    ],
    ids=["malformed", "duplicate", "unknown", "bad problem", "twice", "interactive", "a list"],
)
def test_bad_input_is_one_clear_message(
    files: dict[str, Path], change: tuple[str, str], message: str
) -> None:
    name, line = change
    with files[name].open("a") as stream:
        stream.write(line)
    done = execute(files)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1
    assert not [path for path in files["output"].parent.iterdir() if "output" in path.name]


def test_an_output_that_cannot_be_written_is_one_clear_message(files: dict[str, Path]) -> None:
    files["output"].mkdir()
    done = execute(files)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_killed_at_any_moment_it_loses_no_verdict_and_ends_the_same(
    files: dict[str, Path], tmp_path: Path
) -> None:
    code = "import time\ntime.sleep(0.02)\ndef add(a, b):\n    return a + b\n"
    write_records(files["samples"], samples(120, code))
    work = files["output"].with_name("output.jsonl.partial")
    kept: list[str] = []
    for _ in range(3):
        process = subprocess.Popen(command(files, "--workers", "2"), stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            lines = work.read_text().splitlines() if work.exists() else []
            if len(lines) > len(kept) + 20:
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        text = work.read_text()
        complete = text[: text.rindex("\n") + 1].splitlines()
        assert complete[: len(kept)] == kept, "a finished verdict was lost"
        kept = complete
        work.write_text(text + '119\t{"problem_id": "exec')  # as if killed inside a write
    done = execute(files)
    assert done.returncode == 0, done.stderr
    assert f"resuming after {len(kept) - 1} finished verdicts" in done.stderr
    again = dict(files, output=tmp_path / "again.jsonl")
    assert execute(again).returncode == 0
    assert verdicts(files["output"]) == verdicts(again["output"])
    written = set(files["output"].read_text().splitlines())
    for line in kept[1:]:  # those kept are there to the byte, times included
        assert line.split("\t", 1)[1] in written
    assert not work.exists()


def test_with_other_inputs_old_verdicts_are_not_reused(files: dict[str, Path]) -> None:
    work = files["output"].with_name("output.jsonl.partial")
    work.write_text('{"made_from": {"samples file": "other"}}\n0\t{}\n')
    done = execute(files)
    assert done.returncode == 0, done.stderr
    assert "starting again" in done.stderr
    assert len(verdicts(files["output"])) == 3
