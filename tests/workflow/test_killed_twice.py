"""A run killed twice with SIGKILL and started again gives the files of an unkilled one.

With what the study on two cores has: a pilot, LoRA merged after training.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import SHOWN, command, environment

from codepref.files import sha256_of

OVERLAY = """
run: killed
experiments: [{model: smollm, methods: [base, rft, dpo]}]
problems: {limit: 8, pilot: {samples: 2, keep: 5}}
sampling: {prompts_per_call: 2}
generation: {prompts_per_call: 1}
training:
  dpo: {lora_rank: 4, lora_targets: [q_proj, v_proj], checkpoint_minutes: 0, epochs: 3}
  rft: {lora_rank: 4, checkpoint_minutes: 0, epochs: 3}
problems_per_shard: 3
"""
RUN = Path("results/killed")
OPTIONS = ("--nolock", "--cores", "2", "--rerun-incomplete", "--quiet", "all", "--configfile")
# What tells how long something took, or when.
TIMED = ("logs", "usage", "provenance", "accounts", "work", "training", "executions", "models")
COMPARED = ("*.samples.jsonl", "*.csv", "*.safetensors", "pairs/*.jsonl", "samples/**/*.jsonl")


def checkout(folder: Path) -> Path:
    folder.mkdir()
    for name in SHOWN:
        (folder / name).symlink_to(ROOT / name)
    (folder / "killed.yaml").write_text(OVERLAY)
    return folder


def start(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*OPTIONS, "configs/test.yaml", "killed.yaml"),
        cwd=folder,
        env=environment(),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_when(folder: Path, pattern: str) -> None:
    """Start the run, and kill it with all its jobs as soon as a file of its own work is there."""
    process = start(folder)
    end = time.monotonic() + 1800
    while not [*(folder / RUN).glob(pattern)] and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.1)
    assert process.poll() is None, f"ended before there was {pattern}"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def made(folder: Path) -> dict[str, str]:
    """The hashes of all files that have no time in them."""
    run = folder / RUN
    files = {path for pattern in COMPARED for path in run.rglob(pattern)}
    files |= {path for path in (run / "problems").rglob("*.jsonl") if "pilot" not in path.parts}
    files |= {*run.glob("problems/pilot/*/samples.jsonl"), run / "problems/pilot/selection.json"}
    named = {path.relative_to(run): path for path in files}
    hashes = {
        str(name): sha256_of(path) for name, path in named.items() if name.parts[0] not in TIMED
    }
    scores = pd.read_csv(run / "benchmarks.csv").drop(columns="seconds")
    return hashes | {"benchmarks.csv": scores.to_csv()}


@pytest.mark.long
def test_a_run_killed_twice_gives_the_files_of_an_unkilled_one(tmp_path: Path) -> None:
    whole, killed = checkout(tmp_path / "whole"), checkout(tmp_path / "killed")
    assert start(whole).wait(timeout=3600) == 0
    kill_when(killed, "problems/pilot/smollm/samples.jsonl.partial")
    kill_when(killed, "**/checkpoint-*/complete*")
    assert start(killed).wait(timeout=3600) == 0
    expected = made(whole)
    kinds = {Path(name).parts[0] for name in expected}
    assert kinds >= {"problems", "samples", "pairs", "checkpoints", "benchmarks", "tables"}
    assert made(killed) == expected
    shutil.rmtree(tmp_path / "killed")
