"""Killed with SIGKILL at any moment and started again, training ends in the same bytes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from codepref.files import sha256_of

# Each run is a fork of one process that has imported the libraries. The killing is at a named
# moment: before the first step, amid a later one, half-way through a checkpoint, at the very end.
DRIVER = """
import os, signal, sys
from pathlib import Path
import torch
from codepref.config import DpoConfig, RftConfig
from codepref.training import dpo, rft, runner

torch.set_num_threads(1)
method, model, pairs, here, *moments = sys.argv[1:]
module, section = {"dpo": (dpo, DpoConfig), "rft": (rft, RftConfig)}[method]
config = section(batch_size=2, max_length=512, checkpoint_steps=2, learning_rate=1e-3)

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def after(function, calls):
    count = iter(range(calls))
    def counted(*a, **k):
        return die() if next(count, None) is None else function(*a, **k)
    return counted

def prepare(moment):
    if moment == "reference":
        dpo.PairTrainer.compute_ref_log_probs = die
    elif moment.startswith("micro-batch"):
        trainer = dpo.PairTrainer if method == "dpo" else rft.SFTTrainer
        trainer.training_step = after(trainer.training_step, int(moment.split()[1]))
    elif moment == "checkpoint":
        torch.save = die  # weights are written by then, optimizer and state are not
    elif moment == "end":
        runner.write_source = die  # the last thing before the rename

for moment in moments:
    name, _, moment = moment.partition("=")
    child = os.fork()
    if child == 0:
        prepare(moment)
        train = getattr(module, f"train_{method}")
        here = Path(here)
        train(Path(model), Path(pairs), here / name, here / "work" / name, 0, config)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(name, moment, "killed" if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status))
"""


def drive(method: str, model: Path, pairs: Path, here: Path, *moments: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, method, model, pairs, here, *moments],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", "rft"])
def test_a_killed_run_ends_in_the_same_bytes(method, tiny_model_folder, pairs_file, tmp_path):
    moments = ["whole=", "a=micro-batch 7", "a=checkpoint", "a=end", "a="]
    if method == "dpo":
        moments.insert(1, "a=reference")
    lines = drive(method, tiny_model_folder, pairs_file, tmp_path, *moments)
    outcomes = [line for line in lines if not line.startswith("resum")]
    assert sum(line.startswith("resuming from") for line in lines) == 3
    assert outcomes[0].split() == ["whole", "0"]
    assert all(outcome.endswith("killed") for outcome in outcomes[1:-1]), outcomes
    assert outcomes[-1].split() == ["a", "0"]
    whole, resumed = tmp_path / "whole", tmp_path / "a"
    assert sha256_of(whole / "model.safetensors") == sha256_of(resumed / "model.safetensors")
    logs = [
        [json.loads(line) for line in (run / "training_log.jsonl").read_text().splitlines()]
        for run in (whole, resumed)
    ]
    clocks = ("seconds", "tokens_per_second", "num_tokens")
    for log in logs:
        assert [line["step"] for line in log] == [1, 2, 3, 4, 5]
    steps = [[{k: v for k, v in line.items() if k not in clocks} for line in log] for log in logs]
    assert steps[0] == steps[1]
    assert not list((tmp_path / "work").glob("*")), "work folders are removed at the end"


def test_only_a_finished_model_reaches_the_output(tiny_model_folder, pairs_file, tmp_path):
    *_, outcome = drive("rft", tiny_model_folder, pairs_file, tmp_path, "a=micro-batch 3")
    assert outcome.endswith("killed")
    assert not (tmp_path / "a").exists()
