"""What users do wrong gets one clear message and leaves the results as they were."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.records import make_problem
from helpers.snakemake_runs import CORES, Snakemake, command, environment

from codepref.files import write_records
from codepref.sandbox.isolation import find_isolation


def smallest_run(*overlays: str) -> list[str]:
    """Options of the smallest configuration with overlays of one's own on top."""
    return ["--cores", CORES, "--configfile", "configs/test.yaml", *overlays, "--"]


def test_a_misspelt_key_names_the_nearest_one(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text("training: {dpo: {lerning_rate: 1}}\n")
    done = snakemake("-n", "--cores", "1", "--configfile", "mine.yaml")
    assert done.returncode != 0
    assert "unknown key 'training.dpo.lerning_rate'; did you mean 'learning_rate'?" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (checkout / "results").exists()


def test_a_malformed_problem_file_is_named_with_its_line(
    snakemake: Snakemake, checkout: Path
) -> None:
    (checkout / "mine.jsonl").write_text('{"id": "a/b"}\n')
    (checkout / "mine.yaml").write_text(
        "problem_sources: {mine: {kind: jsonl, path: mine.jsonl}}\nproblems: {sources: [mine]}\n"
    )
    done = snakemake(*smallest_run("mine.yaml"), "results/test/problems/all.jsonl")
    assert done.returncode != 0
    assert "mine.jsonl:1: not a valid Problem record: field" in done.stdout
    assert "Traceback" not in done.stdout
    assert list((checkout / "results/test").glob("problems/*")) == []


def test_a_broken_reference_of_ones_own_is_named_before_anything_is_sampled(
    snakemake: Snakemake, checkout: Path
) -> None:
    record = make_problem("mine/double", reference_solution="def f(n):\n    return 2 * n\n")
    write_records(checkout / "mine.jsonl", [record])
    (checkout / "mine.yaml").write_text(
        "problem_sources: {mine: {kind: jsonl, path: mine.jsonl}}\nproblems: {sources: [mine]}\n"
    )
    done = snakemake(*smallest_run("mine.yaml"), "results/test/problems/all.jsonl")
    assert done.returncode != 0
    assert "mine.jsonl:1: problem 'mine/double': its reference_solution fails test 1" in done.stdout
    assert "(wrong answer: expected 1, got 2)" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (checkout / "results/test/problems/all.jsonl").exists()


def test_a_model_folder_without_tokenizer_is_refused(
    tiny_model_folder: Path, snakemake: Snakemake, checkout: Path
) -> None:
    broken = checkout / "broken"
    shutil.copytree(tiny_model_folder, broken, ignore=shutil.ignore_patterns("tokenizer*"))
    (checkout / "mine.yaml").write_text(
        "models: {broken: {label: Broken, source: {kind: folder, path: broken}}}\n"
    )
    done = snakemake(*smallest_run("mine.yaml"), "results/test/models/broken")
    assert done.returncode != 0
    assert "tokenizer" in done.stdout
    assert "Traceback" not in done.stdout
    assert not (checkout / "results/test/models/broken").exists()


def test_a_missing_package_is_named(checkout: Path) -> None:
    """A Snakemake without this project's packages (as when a user runs their own) says so."""
    (checkout / "site").mkdir()
    (checkout / "site" / "sitecustomize.py").write_text(
        "import sys\nsys.modules['codepref'] = None\n"
    )
    done = subprocess.run(
        command("-n", "--cores", "1"),
        cwd=checkout,
        env={**environment(), "PYTHONPATH": str(checkout / "site")},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode != 0
    assert "the Python package codepref" in done.stdout
    assert "make setup" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_full_disk_leaves_nothing_half_written(checkout: Path) -> None:
    """A real file system of 16 KiB, in a mount namespace of its own."""
    bwrap = find_isolation(weaker=True).program
    if bwrap is None:
        pytest.skip("no bubblewrap works here, so no small file system can be mounted")
    results = checkout / "results"
    results.mkdir()
    folder = shlex.quote(str(results))
    script = (
        f"{sys.executable} scripts/collect_problems.py --source builtin --kind builtin "
        f"--output {folder}/builtin.jsonl; echo exit=$?; find {folder} -type f -printf '%P %s\\n'"
    )
    small_disk = ["--dev-bind", "/", "/", "--size", "16384", "--tmpfs", str(results)]
    done = subprocess.run(
        [bwrap, *small_disk, "--chdir", checkout, "bash", "-c", script],
        env=environment(),
        text=True,
        capture_output=True,
    )
    assert "exit=2" in done.stdout, done.stdout + done.stderr
    assert done.stdout.strip().endswith("exit=2"), "a file was left: " + done.stdout
    assert "builtin.jsonl: cannot be written (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_ctrl_c_in_the_middle_keeps_finished_work(smollm_folder: Path, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text(
        f"models: {{quick: {{label: S, source: {{kind: folder, path: {smollm_folder}}}}}}}\n"
        "problems: {limit: 4}\nproblems_per_shard: 2\n"
    )
    target = "results/test/samples/quick.jsonl"
    arguments = ["--rerun-incomplete", "--logger", "codepref", *smallest_run("mine.yaml"), target]
    started = subprocess.Popen(
        command(*arguments),
        cwd=checkout,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A suite that a script started in the background ignores it, and so would its children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    work = checkout / "results/test/samples/quick"
    logs = checkout / "results/test/logs/samples/quick"
    # Each shard takes all cores: when the second is at work, Snakemake knows that the first is done
    # (a file in its place is not enough: what belongs to a running job is removed).
    for _ in range(9000):
        at_work = [log for log in logs.glob("*.log") if "samples of quick" in log.read_text()]
        if len(at_work) == 2 or started.poll() is not None:
            break
        time.sleep(0.1)
    os.killpg(started.pid, signal.SIGINT)
    output = started.communicate(timeout=120)[0]
    assert started.returncode != 0
    assert "Traceback" not in output
    assert re.search(r"^stopped: draw quick \d-of-2( at \d+/\d+)?$", output, re.M), output
    kept = r"^stopped; \d+ of \d+ jobs are done and kept, and what others had saved\s+so far\."
    assert re.search(kept, output, re.M), output
    said = [log.read_text() for log in logs.glob("*.log")]
    assert any("stopped by Ctrl-C; finished work is kept" in text for text in said), said
    finished = [path for path in work.glob("*.jsonl") if path.is_file()]
    before = {path.name: path.read_bytes() for path in finished}
    assert before, output
    for data in before.values():
        assert all(json.loads(line) for line in data.splitlines())
    assert not (checkout / target).exists()

    again = subprocess.run(
        command(*arguments),
        cwd=checkout,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert again.returncode == 0, again.stdout
    assert (checkout / target).exists()
    assert {name: (work / name).read_bytes() for name in before} == before
