"""Two processes make the same step as one; LoRA gives a whole model; the launch files are sound."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from helpers.places import ROOT
from safetensors.torch import load_file

from codepref.planning.architecture import architecture_of
from codepref.planning.memory import STATE_BYTES

SCRIPTS = ROOT / "scripts"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


# accelerate shards on GPUs only, though FSDP2 itself runs on the CPU, too (gloo): so it is told
# that the processes have GPUs. The rest of the command line is the script to run.
SHARDED_ON_CPU = """
import runpy, sys
from accelerate import state
from accelerate.utils import DistributedType

initialise = state.AcceleratorState.__init__

def as_if_on_gpus(self, *args, **kwargs):
    if state.PartialState().distributed_type == DistributedType.MULTI_CPU:
        state.PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU
    initialise(self, *args, **kwargs)

state.AcceleratorState.__init__ = as_if_on_gpus
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(here: Path, processes: int, sharded: bool, *command: str | Path) -> int:
    """Run a script in so many processes, as ``accelerate launch`` would; return the exit code."""
    launcher: list[str | Path] = [sys.executable]
    if processes > 1:
        launcher += ["-m", "torch.distributed.run", "--standalone"]
        launcher += [f"--nproc-per-node={processes}"]
    environment = ENVIRONMENT
    if sharded:
        launcher.append(here / "sharded_on_cpu.py")
        (here / "sharded_on_cpu.py").write_text(SHARDED_ON_CPU)
        settings = yaml.safe_load((ROOT / "envs" / "accelerate" / "fsdp2.yaml").read_text())
        variables = {k.upper(): str(v).lower() for k, v in settings["fsdp_config"].items()}
        variables["FSDP_AUTO_WRAP_POLICY"] = variables["FSDP_AUTO_WRAP_POLICY"].upper()
        variables["FSDP_STATE_DICT_TYPE"] = variables["FSDP_STATE_DICT_TYPE"].upper()
        environment = {**ENVIRONMENT, "ACCELERATE_USE_FSDP": "true", **variables}
    done = subprocess.run([*launcher, *command], stderr=subprocess.PIPE, text=True, env=environment)
    print(done.stderr)  # shown if the test fails
    return done.returncode


def result(output: Path) -> dict:
    """Return a finished training's log lines, facts and weights."""
    lines = (output / "training_log.jsonl").read_text().splitlines()
    return {
        "log": [json.loads(line) for line in lines],
        "facts": json.loads((output / "training.json").read_text()),
        "weights": load_file(output / "model.safetensors"),
    }


def train(
    method: str,
    model: Path,
    pairs: Path,
    output: Path,
    processes: int,
    *options: str,
    sharded: bool = False,
) -> dict:
    """Train one step on all ten pairs."""
    command = [SCRIPTS / "train_policy.py", method, "--model-folder", model]
    command += ["--pairs", pairs, "--seed", "0", "--output", output]
    command += ["--work", output.with_suffix(".work"), "--batch-size", "10"]
    command += ["--warmup-ratio", "0", "--learning-rate", "1e-3", "--max-length", "512", *options]
    assert run(output.parent, processes, sharded, *command) == 0
    return result(output)


def distance(one: dict, other: dict) -> float:
    return sum(torch.dist(one[name], other[name]).item() ** 2 for name in one) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", pytest.param("rft", marks=pytest.mark.long)])
def test_two_processes_make_the_step_of_one(method, tiny_model_folder, pairs_file, tmp_path):
    one = train(method, tiny_model_folder, pairs_file, tmp_path / "one", 1)
    assert (one["facts"]["devices"], one["facts"]["accumulation"]) == (1, 10)
    assert one["facts"]["distributed"] == "no"
    start = load_file(tiny_model_folder / "model.safetensors")
    moved = distance(one["weights"], start)
    for sharded, kind in ((False, "multi_cpu"), (True, "fsdp")):
        output = tmp_path / kind
        two = train(method, tiny_model_folder, pairs_file, output, 2, sharded=sharded)
        assert (two["facts"]["devices"], two["facts"]["accumulation"]) == (2, 5)
        assert two["facts"]["distributed"] == kind
        assert one["facts"]["global_batch"] == two["facts"]["global_batch"] == 10
        for key in ("loss", "grad_norm", "learning_rate"):
            assert two["log"][0][key] == pytest.approx(one["log"][0][key], rel=1e-4), (kind, key)
        assert two["weights"].keys() == one["weights"].keys() == start.keys()
        # Adam's first step is the gradient's sign: where a gradient is 0 but for rounding, it may
        # flip.
        assert distance(one["weights"], two["weights"]) < 0.02 * moved, kind


@pytest.mark.long
def test_sharding_in_bf16_does_not_round_log_probabilities(tiny_model_folder, pairs_file, tmp_path):
    options = ("--precision", "bf16")
    one = train("dpo", tiny_model_folder, pairs_file, tmp_path / "one", 1, *options)
    two = train("dpo", tiny_model_folder, pairs_file, tmp_path / "two", 2, *options, sharded=True)
    for key in (
        "logps/chosen",
        "logps/rejected",
    ):  # around -200 and -550: bf16 has steps of 1 and 4
        assert two["log"][0][key] == pytest.approx(one["log"][0][key], abs=0.05), key


# The script that follows; after each micro-batch, the bytes of whole gradients that stay; in the
# end those of this process's part of weights, gradients and Adam's moments.
HELD = """
import json, os, runpy, sys
from torch.distributed.fsdp import FSDPModule
from transformers import Trainer
from codepref.training import runner

step, finish = Trainer.training_step, runner.finish
here = {}

def local(tensors):
    parts = [t.to_local() if hasattr(t, "to_local") else t for t in tensors if t is not None]
    return sum(part.numel() * part.element_size() for part in parts)

def training_step(self, model, *args, **kwargs):
    result = step(self, model, *args, **kwargs)
    states = [m._get_fsdp_state() for m in model.modules() if isinstance(m, FSDPModule)]
    groups = [state._fsdp_param_group for state in states if state._fsdp_param_group]
    held = [part.unsharded_accumulated_grad for group in groups for part in group.fsdp_params]
    size = sum(whole.numel() * whole.element_size() for whole in held if whole is not None)
    with open(f"{sys.argv[0]}.held", "a") as stream:
        print(len(held), size, file=stream)
    here["weights"] = local(model.parameters())
    here["gradients"] = local(one.grad for one in model.parameters())
    here["whole"] = 4 * sum(one.numel() for one in model.parameters())
    return result

def finish_and_tell(trainer, *args):
    kept = [one for state in trainer.optimizer.state.values() for one in state.values()]
    here["moments"] = local(one for one in kept if one.dim())
    with open(f"{sys.argv[0]}.parts", "a") as stream:
        print(json.dumps(here), file=stream)
    finish(trainer, *args)

Trainer.training_step, runner.finish = training_step, finish_and_tell
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.long
def test_no_process_keeps_whole_gradients(tiny_model_folder, pairs_file, tmp_path):
    (tmp_path / "held.py").write_text(HELD.replace("{sys.argv[0]}", f"{tmp_path}/x"))
    command = [tmp_path / "held.py", SCRIPTS / "train_policy.py", "dpo", "--model-folder"]
    command += [tiny_model_folder, "--pairs", pairs_file, "--seed", "0", "--output"]
    command += [tmp_path / "out", "--work", tmp_path / "work", "--batch-size", "10"]
    assert run(tmp_path, 2, True, *command, "--max-length", "512", "--precision", "bf16") == 0
    lines = [line.split() for line in (tmp_path / "x.held").read_text().splitlines()]
    assert len(lines) == 2 * 5  # two processes, five micro-batches each
    assert all(int(parts) > 10 and size == "0" for parts, size in lines), lines
    # What make plan reckons with: 16 bytes per parameter, over all processes.
    found = [json.loads(line) for line in (tmp_path / "x.parts").read_text().splitlines()]
    size = architecture_of(tiny_model_folder)
    assert len(found) == 2 and {one["whole"] for one in found} == {4 * size.parameters}
    for one in found:
        mine = one["weights"] + one["gradients"] + one["moments"]
        assert mine == pytest.approx(STATE_BYTES * size.parameters / 2, rel=0.01)


# The script that follows: its first process is asked for a checkpoint in its second step, all are
# killed amid the third.
KILLED = """
import os, runpy, signal, sys
from transformers import Trainer

calls, step = [], Trainer.training_step

def training_step(self, *args, **kwargs):
    calls.append(None)
    if len(calls) == 2 and os.environ["RANK"] == "0":
        os.kill(os.getpid(), signal.SIGURG)
    if len(calls) == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, *args, **kwargs)

Trainer.training_step = training_step
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


SHARDS = {"__0_0.distcp", "__1_0.distcp"}


@pytest.mark.long
def test_sharded_training_goes_on_after_a_kill(tiny_model_folder, pairs_file, tmp_path):
    (tmp_path / "killed.py").write_text(KILLED)

    def command(output: Path) -> list[str | Path]:
        command = [
            SCRIPTS / "train_policy.py",
            "dpo",
            "--model-folder",
            tiny_model_folder,
            "--seed",
            "0",
        ]
        command += ["--pairs", pairs_file, "--output", output]
        command += ["--work", output.with_suffix(".work"), "--batch-size", "2"]
        return [*command, "--max-length", "512", "--learning-rate", "1e-3"]

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    assert run(tmp_path, 2, True, tmp_path / "killed.py", *command(killed)) != 0
    assert not killed.exists()
    (state,) = tmp_path.glob("*.work/checkpoint-*")
    assert state.name == "checkpoint-2"
    # Each process wrote its part, and nobody the whole.
    for part in ("pytorch_model_fsdp_0", "optimizer_0"):
        assert {path.name for path in (state / part).glob("*.distcp")} == SHARDS, part
    assert not list(state.glob("*.bin")) + list(state.glob("*.safetensors"))
    for output in (killed, whole):
        assert run(tmp_path, 2, True, *command(output)) == 0
    one, other = result(killed), result(whole)
    assert [line["step"] for line in one["log"]] == [line["step"] for line in other["log"]]
    assert len(one["log"]) == 5
    for name, weights in one["weights"].items():
        assert torch.equal(weights, other["weights"][name]), name


# Two steps of PPO. What the tiny model writes is no program, hence a reward of tokens.
PPO_STEP = """
import sys
from pathlib import Path
from codepref.sandbox.settings import ExecutionConfig
from codepref.training.trainers import PpoConfig
from codepref.training import ppo, runner

def reward(completion_ids, **_):
    return [-float(ids[0] % 7) for ids in completion_ids]

ppo.rule_reward = lambda *_: reward
model, problems, output = map(Path, sys.argv[1:])
config = PpoConfig(
    batch_size=8, samples_per_problem=4, max_tokens=4, max_length=512, steps=2,
    steps_per_generation=1, warmup_ratio=0.0, learning_rate=1e-3,
)
run = runner.Run("ppo", model, problems, output, output.with_suffix(".work"), 0, config)
ppo.train(run, ExecutionConfig())
"""


@pytest.mark.long
def test_two_processes_draw_and_learn_what_one_does(tiny_model_folder, problems_file, tmp_path):
    (tmp_path / "step.py").write_text(PPO_STEP)
    start = load_file(tiny_model_folder / "model.safetensors")
    found = {}
    for kind, processes in (("no", 1), ("multi_cpu", 2), ("fsdp", 2)):
        output = tmp_path / kind
        command = [tmp_path / "step.py", tiny_model_folder, problems_file, output]
        assert run(tmp_path, processes, kind == "fsdp", *command) == 0
        found[kind] = result(output)
        assert found[kind]["facts"]["distributed"] == kind
    one = found.pop("no")
    for kind, two in found.items():
        assert len(one["log"]) == len(two["log"]) == 2
        for mine, other in zip(one["log"], two["log"], strict=True):
            for key in ("reward", "reward_std", "grad_norm", "loss"):
                assert other[key] == pytest.approx(mine[key], rel=1e-4, abs=1e-6), (kind, key)
        moved = distance(one["weights"], start)
        assert distance(one["weights"], two["weights"]) < 0.02 * moved, kind


@pytest.mark.slow
def test_lora_gives_a_whole_model_and_is_marked(tiny_model_folder, pairs_file, tmp_path):
    pytest.importorskip("peft")
    options = ("--lora-rank", "4")
    run = train("dpo", tiny_model_folder, pairs_file, tmp_path / "lora", 1, *options)
    every = "all linear layers"
    assert run["facts"]["lora"] == {"rank": 4, "alpha": 32, "targets": every}
    start = load_file(tiny_model_folder / "model.safetensors")
    assert run["weights"].keys() == start.keys()
    changed = {name for name in start if not torch.equal(start[name], run["weights"][name])}
    assert changed and all("_proj" in name for name in changed)
    assert run["log"][0]["rewards/margins"] == 0.0


@pytest.mark.parametrize("name", ["ddp", "fsdp2", "zero3"])
def test_the_launch_files_leave_batch_and_device_count_to_the_command_line(name):
    settings = yaml.safe_load((ROOT / "envs" / "accelerate" / f"{name}.yaml").read_text())
    assert "num_processes" not in settings
    assert settings["mixed_precision"] == "bf16"
    accumulation = settings.get("deepspeed_config", {}).get("gradient_accumulation_steps", "auto")
    assert accumulation == "auto"
