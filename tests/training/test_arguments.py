"""What TRL is really told: Tables 3 and 4, the global batch, and the learning rate's course."""

import math
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from codepref.errors import UserError
from codepref.models import load_tokenizer
from codepref.sandbox.settings import ExecutionConfig
from codepref.training import dpo, on_pairs, ppo, rft, runner
from codepref.training.arguments import BatchPlan, plan_batches, world_size
from codepref.training.data import TokenPair
from codepref.training.trainers import DpoConfig, PpoConfig, RftConfig

PAIRS = [TokenPair([1, 4093, 198, 5], [5, 6, 7, 2], [5, 8, 2])] * 32


@pytest.fixture(scope="module")
def trainers(tiny_model_folder: Path, tmp_path_factory) -> dict:
    """Both trainers with the paper's configuration, on 32 pairs."""
    work = tmp_path_factory.mktemp("work")
    tokenizer = load_tokenizer(tiny_model_folder)
    made = {}
    for name, module, config in (("dpo", dpo, DpoConfig()), ("rft", rft, RftConfig())):
        model = runner.load_model(tiny_model_folder, config)
        plan = plan_batches(config.batch_size, config.per_device_batch_size, 1)
        made[name] = module.make_trainer(model, tokenizer, PAIRS, config, plan, work / name, 0)
    return made


@pytest.mark.parametrize("method", ["dpo", "rft"])
def test_the_trainer_runs_with_the_papers_hyperparameters(trainers, method):
    arguments = trainers[method].args
    assert arguments.num_train_epochs == 1
    assert arguments.learning_rate == 5e-6
    assert arguments.lr_scheduler_type == "cosine"
    assert arguments.warmup_steps == 0.05
    assert arguments.train_batch_size * arguments.gradient_accumulation_steps == 16
    if method == "dpo":
        assert arguments.beta == trainers[method].beta == 0.1
        assert arguments.loss_type == ["sigmoid"]
        assert arguments.label_smoothing == 0.0
        assert arguments.f_divergence_type == "reverse_kl"
        assert arguments.ld_alpha is None and not arguments.use_weighting
        assert arguments.disable_dropout
    # What the paper does not state, set rather than left to a version's default.
    assert arguments.max_length == 8192
    assert arguments.truncation_mode == "keep_start"
    assert arguments.weight_decay == 0.0
    assert arguments.max_grad_norm == 1.0
    assert (arguments.adam_beta1, arguments.adam_beta2, arguments.adam_epsilon) == (
        0.9,
        0.999,
        1e-8,
    )
    assert arguments.optim == "adamw_torch_fused"
    if not torch.cuda.is_available():
        assert not arguments.bf16
        assert not arguments.activation_checkpointing
        assert trainers[method].model.dtype == torch.float32


@pytest.mark.parametrize("steps", [2, 40, 188])
def test_the_learning_rate_at_start_warmups_end_and_last_step(trainers, steps):
    trainer = trainers["dpo"]
    trainer.optimizer, trainer.lr_scheduler = None, None
    trainer.create_optimizer_and_scheduler(steps)
    rates = []
    for _ in range(steps):
        rates.append(trainer.optimizer.param_groups[0]["lr"])
        trainer.optimizer.step()
        trainer.lr_scheduler.step()
    warmup = math.ceil(0.05 * steps)  # 3,000 pairs are 188 steps, 10 of them warmup
    assert rates[0] == 0.0
    assert rates[warmup] == pytest.approx(5e-6)
    assert max(rates) == pytest.approx(5e-6)
    last = (steps - 1 - warmup) / (steps - warmup)
    assert rates[-1] == pytest.approx(5e-6 * 0.5 * (1 + math.cos(math.pi * last)))
    assert trainer.optimizer.param_groups[0]["lr"] == pytest.approx(0.0, abs=1e-12)


@given(st.integers(1, 64), st.integers(1, 8), st.integers(1, 16))
def test_the_global_batch_is_exact_or_refused(batch, per_device, devices):
    if batch % (per_device * devices):
        with pytest.raises(UserError, match=f"global batch of {batch} .* {devices} devices"):
            plan_batches(batch, per_device, devices)
    else:
        assert plan_batches(batch, per_device, devices).global_batch == batch


def test_an_impossible_batch_is_refused_before_a_model_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    places = [tmp_path / name for name in ("no-model", "no-data", "output", "work")]
    for method, config in (("dpo", DpoConfig()), ("rft", RftConfig()), ("ppo", PpoConfig())):
        run = runner.Run(method, *places, 0, config)
        expected = f"global batch of {config.batch_size} cannot be made from 3 devices"
        with pytest.raises(UserError, match=expected):
            if method == "ppo":
                ppo.train(run, ExecutionConfig())
            else:
                on_pairs.train_on_pairs(run)


def test_several_gpus_without_a_launcher_are_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    with pytest.raises(UserError, match=r"4 GPUs are visible .* --num_processes 4"):
        world_size()
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert world_size() == 4


def test_warmup_is_kept_with_a_constant_rate(tiny_model_folder, tmp_path):
    config = RftConfig(lr_scheduler="constant", warmup_ratio=0.5)
    model = runner.load_model(tiny_model_folder, config)
    tokenizer = load_tokenizer(tiny_model_folder)
    trainer = rft.make_trainer(model, tokenizer, PAIRS, config, BatchPlan(1, 1, 16), tmp_path, 0)
    trainer.create_optimizer_and_scheduler(4)
    rates = []
    for _ in range(4):
        rates.append(trainer.lr_scheduler.get_last_lr()[0])
        trainer.optimizer.step()
        trainer.lr_scheduler.step()
    assert rates == [0.0, 2.5e-6, 5e-6, 5e-6]
