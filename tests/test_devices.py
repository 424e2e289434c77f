"""A job that was given GPUs refuses to start without them, and says what is missing."""

import dataclasses
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import environment

from codepref import devices
from codepref.devices import Devices, choose_precision, complaint, require_gpus

H100 = ("NVIDIA H100 80GB HBM3", (9, 0))
SOUND = Devices(
    torch="2.11.0",
    build=(13, 0),
    kernels=("sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"),
    driver="580.95.05",
    supported=(13, 0),
    gpus=(H100,) * 4,
)


def changed(**facts: object) -> Devices:
    return dataclasses.replace(SOUND, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("wanted", [1, 4])
def test_gpus_that_are_there_are_accepted(wanted: int) -> None:
    assert complaint(SOUND, wanted) is None
    require_gpus(0)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (changed(build=None), ["built for CPUs", "make images", "gpus: 0"]),
        (changed(supported=None, gpus=()), ["libcuda.so.1", "580.95.05", "--nv"]),
        (changed(supported=None, driver=None, gpus=(), amd=True), ["AMD", "ROCm", "CUDA only"]),
        (
            changed(driver="550.54.15", supported=(12, 4), gpus=()),
            ["550.54.15 is for CUDA 12.4", "needs CUDA 13.0", "driver 580.65.06 or newer"],
        ),
        (changed(gpus=(H100,) * 3), ["was given 4 GPUs", "sees 3", "CUDA_VISIBLE_DEVICES"]),
        (changed(gpus=()), ["sees 0 (none"]),
        (
            changed(gpus=(*[H100] * 3, ("Tesla V100-SXM2-32GB", (7, 0)))),
            ["no kernels for Tesla V100", "7.0", "sm_75", "other nodes"],
        ),
    ],
)
def test_what_is_missing_is_said_with_its_mend(found: Devices, words: list[str]) -> None:
    said = complaint(found, 4)
    assert said and all(word in said for word in words), said


@pytest.mark.parametrize(
    ("kernels", "capability", "runs"),
    [
        (("sm_80",), (8, 9), True),
        (("sm_86",), (8, 0), False),
        (("sm_80",), (9, 0), False),
        (("compute_80",), (9, 0), True),
        (("sm_90a",), (9, 0), True),
        (("sm_90a",), (10, 0), False),
        (("sm_120",), (12, 1), True),
        (("sm_100f",), (10, 3), True),
        (("compute_100f",), (12, 0), False),
    ],
)
def test_kernels_run_where_nvidia_says(
    kernels: tuple[str, ...], capability: tuple[int, int], runs: bool
) -> None:
    found = changed(kernels=kernels, gpus=(("a GPU", capability),))
    assert (complaint(found, 1) is None) == runs


COMMANDS = {
    "draw_samples.py": ["--problems", "p.jsonl", "--model-folder", "m", "--model", "x"],
    "generate_solutions.py": ["--model-folder", "m", "--model", "x", "--benchmark", "b=b.jsonl"],
    "train_policy.py": ["dpo", "--model-folder", "m", "--seed", "0", "--work", "w", "--pairs", "p"],
    "score_references.py": ["--model-folder", "m", "--pairs", "p", "--work", "w"],
    "score_rewards.py": ["--policy", "m", "--reference", "m", "--problems", "p", "--samples", "s"],
    "score_answers.py": [
        *("--policy", "m", "--reference", "m", "--dataset", "mbpp", "--data", "d"),
        *("--answers", "a", "--verdicts", "v"),
    ],
}


@pytest.mark.parametrize("script", COMMANDS)
def test_every_command_for_gpus_refuses_within_seconds(script: str, tmp_path: Path) -> None:
    """Here without a GPU: nothing is read and nothing is written."""
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    output = "--output-folder" if script == "generate_solutions.py" else "--output"
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / script, *COMMANDS[script], output, "o", "--gpus", "2"],
        cwd=tmp_path,
        env=environment(),
        text=True,
        capture_output=True,
    )
    assert done.returncode == 2 and time.monotonic() - began < 60, done.stderr
    assert done.stderr.startswith("error: this job was given 2 GPUs"), done.stderr
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("flags", "gpu", "chosen"),
    [
        ("fpu avx512f avx512_vnni", False, "fp32"),
        ("fpu avx512f avx512_bf16", False, "bf16"),
        ("fpu amx_bf16 amx_tile", False, "bf16"),
        ("fpu", True, "bf16"),
    ],
)
def test_auto_is_bf16_where_the_processor_or_a_gpu_multiplies_it(
    flags: str, gpu: bool, chosen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    info = tmp_path / "cpuinfo"
    info.write_text(
        f"processor\t: 0\nmodel name\t: avx512_bf16\nflags\t\t: {flags}\nbugs\t: x\n" * 2
    )
    monkeypatch.setattr(devices, "CPU_INFO", info)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpu)
    assert choose_precision("auto") == chosen
    assert (choose_precision("fp32"), choose_precision("bf16")) == ("fp32", "bf16")


def test_auto_is_fp32_where_no_flags_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "CPU_INFO", tmp_path / "none")
    assert choose_precision("auto") == "fp32"
