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
import itertools, os, signal, sys
from pathlib import Path
from types import SimpleNamespace
import torch
from codepref.sandbox.settings import ExecutionConfig
from codepref.training.trainers import DpoConfig, PpoConfig, RftConfig
from codepref.training import dpo, on_pairs, ppo, rft, runner

torch.set_num_threads(1)
method, model, data, here, minutes, *moments = sys.argv[1:]
common = {"max_length": 512, "checkpoint_minutes": float(minutes), "learning_rate": 1e-3}
trainer, config = {
    "dpo": (dpo.PairTrainer, DpoConfig(batch_size=2, **common)),
    "rft": (rft.ChosenTrainer, RftConfig(batch_size=2, **common)),
    "ppo": (ppo.RuleRewardTrainer, PpoConfig(
        batch_size=4, samples_per_problem=4, max_tokens=4, steps=6, warmup_ratio=0,
        steps_per_generation=1, updates_per_batch=2, **common
    )),
}[method]

# What the tiny model writes is no program: by eq. 2 all its responses would be alike.
def reward(completion_ids, **_):
    return [-float(ids[0] % 7) for ids in completion_ids]

ppo.rule_reward = lambda *_: reward

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

def before(micro_batch, act):
    step, numbers = trainer.training_step, itertools.count()
    def training_step(*a, **k):
        if micro_batch in (next(numbers), "each"):
            act()
        return step(*a, **k)
    trainer.training_step = training_step

def ask():
    os.kill(os.getpid(), signal.SIGURG)

def let_half_a_minute_pass():
    clock["minutes"] += 0.5

clock = {"minutes": 0}

def prepare(kind, *micro_batches):
    if kind == "reference":
        trainer.compute_ref_log_probs = die
    elif kind == "checkpoint":
        torch.save = die  # weights are written by then, optimizer and state are not
    elif kind == "end":
        runner.write_source = die  # the last thing before the rename
    elif kind == "clock":
        runner.time = SimpleNamespace(monotonic=lambda: 60 * clock["minutes"])
        before("each", let_half_a_minute_pass)
    elif kind == "asked":
        before(int(micro_batches[0]), ask)
    if kind in ("micro-batch", "clock", "asked"):
        before(int(micro_batches[-1]), die)

for moment in moments:
    name, _, moment = moment.partition("=")
    child = os.fork()
    if child == 0:
        if moment:
            prepare(*moment.split())
        here = Path(here)
        run = runner.Run(
            method, Path(model), Path(data), here / name, here / "work" / name, 0, config
        )
        ppo.train(run, ExecutionConfig()) if method == "ppo" else on_pairs.train_on_pairs(run)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    end = "killed" if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
    print(name, moment, end, "with output" if (Path(here) / name).exists() else "without output")
"""


def drive(
    method: str, model: Path, data: Path, here: Path, minutes: int, *moments: str
) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, method, model, data, here, str(minutes), *moments],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("method", [pytest.param("rft", marks=pytest.mark.long), "dpo", "ppo"])
def test_a_killed_run_ends_in_the_same_bytes(
    method, tiny_model_folder, pairs_file, problems_file, tmp_path
):
    amid = 11 if method == "ppo" else 7  # of a step after the first checkpoint
    moments = ["whole=", f"a=micro-batch {amid}", "a=checkpoint", "a=end", "a="]
    if method == "dpo":
        moments.insert(1, "a=reference")
    data = problems_file if method == "ppo" else pairs_file
    lines = drive(method, tiny_model_folder, data, tmp_path, 0, *moments)
    outcomes = [line for line in lines if not line.startswith("resum")]
    assert sum(line.startswith("resuming from") for line in lines) == 3
    assert outcomes[0] == "whole  0 with output"
    # Only a finished model reaches the output.
    assert all(outcome.endswith("killed without output") for outcome in outcomes[1:-1]), outcomes
    assert outcomes[-1] == "a  0 with output"
    whole, resumed = tmp_path / "whole", tmp_path / "a"
    weights = [sha256_of(run / "model.safetensors") for run in (whole, resumed)]
    assert weights[0] == weights[1] != sha256_of(tiny_model_folder / "model.safetensors")
    logs = [
        [json.loads(line) for line in (run / "training_log.jsonl").read_text().splitlines()]
        for run in (whole, resumed)
    ]
    clocks = ("seconds", "tokens_per_second", "num_tokens", "step_time")
    for log in logs:
        assert [line["step"] for line in log] == list(range(1, 7 if method == "ppo" else 6))
    steps = [[{k: v for k, v in line.items() if k not in clocks} for line in log] for log in logs]
    assert steps[0] == steps[1]
    if method == "ppo":
        assert any(line["grad_norm"] > 0 for line in logs[0][4:]), "the last steps train, too"
    assert not list((tmp_path / "work").glob("*")), "work folders are removed at the end"


@pytest.mark.slow
def test_what_a_killed_run_loses(tiny_model_folder, pairs_file, tmp_path):
    """Two micro-batches are a step, and a minute by the clock: minute 2 is over after step 2."""
    moments = ["a=clock 3", "a=clock 7", "a=", "b=asked 3 7", "b="]
    lines = drive("dpo", tiny_model_folder, pairs_file, tmp_path, 2, *moments)
    ends = [line for line in lines if not line.startswith("resum")]
    assert ends == [
        "a clock 3 killed without output",
        "a clock 7 killed without output",
        "a  0 with output",
        "b asked 3 7 killed without output",
        "b  0 with output",
    ]
    resumed = [line.rpartition("/")[2] for line in lines if line.startswith("resuming from")]
    # Killed in step 2: nothing is kept. Killed in step 4: two minutes are. Asked in step 2: it is.
    assert resumed == ["checkpoint-2", "checkpoint-2"]
    one, other = (tmp_path / name / "model.safetensors" for name in ("a", "b"))
    assert sha256_of(one) == sha256_of(other)
