"""The same script with the real vLLM on the CPU, in its own environment (make vllm)."""

import os
import platform
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.places import ROOT

from codepref.files import read_records, write_records
from codepref.problems.builtin import builtin_problems
from codepref.records import Sample

PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
RUNS_HERE = (platform.system(), platform.machine()) == ("Linux", "x86_64")


@pytest.fixture
def command(smollm_folder: Path, tmp_path: Path) -> list[str]:
    """The script on four problems, two handed to vLLM at once; only --output is missing."""
    if not PYTHON.exists():
        reason = f"no vLLM environment at {PYTHON.parent.parent}; make it with: make vllm"
        if RUNS_HERE and os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    problems = [p for p in builtin_problems() if p.interface == "call"][:4]
    write_records(tmp_path / "problems.jsonl", problems)
    command = [str(PYTHON), str(ROOT / "scripts/draw_samples.py"), "--engine", "vllm"]
    command += ["--problems", str(tmp_path / "problems.jsonl"), "--model", "smollm"]
    command += ["--model-folder", str(smollm_folder), "--max-tokens", "64", "--stop-after-code"]
    return [*command, "--prompts-per-call", "2"]


@contextmanager
def started(command: list[str], output: Path, **variables: str) -> Iterator[subprocess.Popen]:
    with subprocess.Popen(
        [*command, "--output", str(output)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1", **variables},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def run_to_the_end(command: list[str], output: Path) -> str:
    with started(command, output) as process:
        errors = process.communicate(timeout=600)[1]
    assert process.returncode == 0, errors[-3000:]
    return errors


@pytest.mark.slow
def test_real_vllm_is_seeded_repeats_and_goes_on_after_a_kill(
    command: list[str], tmp_path: Path
) -> None:
    killed, whole = tmp_path / "killed.jsonl", tmp_path / "whole.jsonl"
    partial = tmp_path / "killed.jsonl.partial"
    with started(command, killed) as process:
        deadline = time.monotonic() + 600
        while process.poll() is None and time.monotonic() < deadline:
            if partial.is_file() and partial.read_text().count("\n") > 1:
                break
            time.sleep(0.05)
    assert process.returncode == -signal.SIGKILL and not killed.exists(), "killed too late or early"
    first_group = partial.read_text().splitlines()[1].replace("\t", "\n").partition("\n")[2]

    assert "resuming after 1 finished group" in run_to_the_end(command, killed)
    said = run_to_the_end(command, whole)
    # Another process drew the same samples, the first half before and the second half after a kill.
    assert whole.read_text().startswith(first_group)
    assert killed.read_bytes() == whole.read_bytes()

    assert "tokens/s" in said and "32 samples of 4 problems" in said
    samples = list(read_records(whole, Sample))
    names = list(dict.fromkeys(sample.problem_id for sample in samples))
    assert [(s.problem_id, s.index) for s in samples] == [(n, i) for n in names for i in range(8)]
    assert all(sample.engine.startswith("vllm 0.") for sample in samples)
    for name in names:  # a seed each
        assert len({sample.completion for sample in samples if sample.problem_id == name}) > 1
    assert any("```python\ndef " in sample.completion for sample in samples)
    assert all(sample.tokens <= 64 for sample in samples)
    assert {sample.finish_reason for sample in samples} == {"stop", "length"}


@pytest.mark.slow
def test_real_vllm_without_the_memory_says_what_to_change(
    command: list[str], tmp_path: Path
) -> None:
    output = tmp_path / "s.jsonl"
    with started(command, output, VLLM_CPU_KVCACHE_SPACE="1000000") as process:
        errors = process.communicate(timeout=600)[1]
    assert process.returncode == 2, errors[-3000:]
    assert "vllm is out of memory" in errors and "set VLLM_CPU_KVCACHE_SPACE to less" in errors
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["problems.jsonl"]
