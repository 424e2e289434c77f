"""The same script with the real vLLM on the CPU, in its own environment (envs/sampling-cpu.in)."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from codepref.files import read_records, write_records
from codepref.records import Problem, Sample, TestCase
from codepref.sampling.vllm_engine import tensor_parallel_size

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = Path(os.environ.get("CODEPREF_VLLM_VENV", ROOT / ".venv-vllm"))
PYTHON = ENVIRONMENT / "bin" / "python"

needs_vllm = pytest.mark.skipif(
    not PYTHON.exists(),
    reason=f"no vLLM environment at {ENVIRONMENT} (make vllm, or set CODEPREF_VLLM_VENV)",
)


@pytest.mark.parametrize(
    ("gpus", "heads", "used"), [(1, 32, 1), (4, 32, 4), (3, 32, 2), (8, 12, 6)]
)
def test_tensor_parallel_takes_what_the_heads_allow(gpus: int, heads: int, used: int) -> None:
    assert tensor_parallel_size(gpus, heads) == used


def problem(name: str, what: str) -> Problem:
    return Problem(
        id=f"demo/{name}",
        source="demo",
        licence="Apache-2.0",
        title=name,
        statement=f"Return {what}.",
        interface="call",
        entry_point=name,
        starter_code=f"def {name}(a: int, b: int) -> int:",
        tests=[TestCase(input=[1, 2], expected=3)],
    )


@needs_vllm
@pytest.mark.slow
def test_real_vllm_samples_repeat_and_are_seeded_each(smollm_folder: Path, tmp_path: Path) -> None:
    problems = [problem("add", "the sum of a and b"), problem("larger", "the larger of a and b")]
    write_records(tmp_path / "problems.jsonl", problems)
    command = [str(PYTHON), str(ROOT / "scripts/sample_responses.py"), "--engine", "vllm"]
    command += ["--problems", str(tmp_path / "problems.jsonl"), "--model", "smollm"]
    command += ["--model-folder", str(smollm_folder), "--max-tokens", "64", "--stop-after-code"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1"}
    files = [tmp_path / "first.jsonl", tmp_path / "second.jsonl"]
    for file in files:
        done = subprocess.run(
            [*command, "--output", str(file)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr[-3000:]
    samples = list(read_records(files[0], Sample))
    assert [(sample.problem_id, sample.index) for sample in samples] == [
        (problem.id, index) for problem in problems for index in range(8)
    ]
    assert all(sample.engine.startswith("vllm 0.") for sample in samples)
    assert len({sample.completion for sample in samples}) > 4  # a seed each
    assert any("def add" in sample.completion for sample in samples)
    closed = [sample for sample in samples if sample.finish_reason == "stop"]
    assert closed and all(sample.tokens <= 64 for sample in samples)
    assert json.loads(files[0].read_text().splitlines()[0])["index"] == 0
    assert files[0].read_bytes() == files[1].read_bytes()
