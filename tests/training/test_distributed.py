"""Two processes make the same step as one; LoRA gives a whole model; the launch files are sound."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


def train(
    method: str, model: Path, pairs: Path, output: Path, processes: int, *options: str
) -> dict:
    """Train one step on all ten pairs; return log line, facts and weights."""
    launcher = [sys.executable]
    if processes > 1:
        launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        launcher += [f"--nproc-per-node={processes}"]
    command = [*launcher, SCRIPTS / f"train_{method}.py", "--model-folder", model]
    command += ["--pairs", pairs, "--seed", "0", "--output", output]
    command += ["--work", output.with_suffix(".work"), "--batch-size", "10"]
    command += ["--warmup-ratio", "0", "--learning-rate", "1e-3", "--max-length", "512"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, env=ENVIRONMENT)
    assert done.returncode == 0, done.stderr
    return {
        "log": json.loads((output / "training_log.jsonl").read_text()),
        "facts": json.loads((output / "training.json").read_text()),
        "weights": load_file(output / "model.safetensors"),
    }


def distance(one: dict, other: dict) -> float:
    return sum(torch.dist(one[name], other[name]).item() ** 2 for name in one) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("method", ["dpo", "rft"])
def test_two_processes_make_the_step_of_one(method, tiny_model_folder, pairs_file, tmp_path):
    one = train(method, tiny_model_folder, pairs_file, tmp_path / "one", 1)
    two = train(method, tiny_model_folder, pairs_file, tmp_path / "two", 2)
    assert (one["facts"]["devices"], one["facts"]["accumulation"]) == (1, 10)
    assert (two["facts"]["devices"], two["facts"]["accumulation"]) == (2, 5)
    assert one["facts"]["global_batch"] == two["facts"]["global_batch"] == 10
    for key in ("loss", "grad_norm", "learning_rate"):
        assert two["log"][key] == pytest.approx(one["log"][key], rel=1e-4), key
    start = load_file(tiny_model_folder / "model.safetensors")
    moved = distance(one["weights"], start)
    # Adam's first step is the gradient's sign: where a gradient is 0 but for rounding, it may flip.
    assert distance(one["weights"], two["weights"]) < 0.02 * moved


# One step of PPO. What the tiny model writes is no program, hence a reward of tokens.
PPO_STEP = """
import sys
from pathlib import Path
from codepref.config import ExecutionConfig, PpoConfig
from codepref.training import ppo, runner

def reward(completion_ids, **_):
    return [-float(ids[0] % 7) for ids in completion_ids]

ppo.rule_reward = lambda *_: reward
model, problems, output = map(Path, sys.argv[1:])
config = PpoConfig(
    batch_size=8, samples_per_problem=4, max_tokens=4, max_length=512, steps=1,
    updates_per_batch=1, warmup_ratio=0.0, learning_rate=1e-3,
)
run = runner.Run("ppo", model, problems, output, output.with_suffix(".work"), 0, config)
ppo.train_ppo(run, ExecutionConfig())
"""


@pytest.mark.slow
def test_two_processes_draw_and_learn_what_one_does(tiny_model_folder, problems_file, tmp_path):
    (tmp_path / "step.py").write_text(PPO_STEP)
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    logs, weights = [], []
    for name, options in (("one", []), ("two", launcher)):
        output = tmp_path / name
        command = [sys.executable, *options, tmp_path / "step.py"]
        subprocess.run(
            [*command, tiny_model_folder, problems_file, output], env=ENVIRONMENT, check=True
        )
        logs.append(json.loads((output / "training_log.jsonl").read_text()))
        weights.append(load_file(output / "model.safetensors"))
    for key in ("reward", "reward_std", "grad_norm", "loss"):
        assert logs[1][key] == pytest.approx(logs[0][key], rel=1e-4, abs=1e-6), key
    start = load_file(tiny_model_folder / "model.safetensors")
    assert distance(*weights) < 0.02 * distance(weights[0], start)


@pytest.mark.slow
def test_lora_gives_a_whole_model_and_is_marked(tiny_model_folder, pairs_file, tmp_path):
    pytest.importorskip("peft")
    options = ("--lora-rank", "4")
    run = train("dpo", tiny_model_folder, pairs_file, tmp_path / "lora", 1, *options)
    assert run["facts"]["lora"] == {"rank": 4, "alpha": 32}
    start = load_file(tiny_model_folder / "model.safetensors")
    assert run["weights"].keys() == start.keys()
    changed = {name for name in start if not torch.equal(start[name], run["weights"][name])}
    assert changed and all("_proj" in name for name in changed)
    assert run["log"]["rewards/margins"] == 0.0


@pytest.mark.parametrize("name", ["ddp", "fsdp2", "zero3"])
def test_the_launch_files_leave_batch_and_device_count_to_the_command_line(name):
    settings = yaml.safe_load((ROOT / "envs" / "accelerate" / f"{name}.yaml").read_text())
    assert "num_processes" not in settings
    assert settings["mixed_precision"] == "bf16"
    accumulation = settings.get("deepspeed_config", {}).get("gradient_accumulation_steps", "auto")
    assert accumulation == "auto"
