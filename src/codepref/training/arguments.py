"""From our configuration to TRL's arguments: every default that would change the result is set."""

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from codepref.devices import Precision, choose_precision
from codepref.errors import UserError
from codepref.training.trainers import TrainerConfig

# transformers' plain "constant" ignores the warmup.
SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


@dataclass(frozen=True)
class BatchPlan:
    """How the global batch is made up: devices x per-device batch x accumulation."""

    devices: int
    per_device: int
    accumulation: int

    @property
    def global_batch(self) -> int:
        """Examples per optimizer step, the same for any number of devices."""
        return self.devices * self.per_device * self.accumulation


def plan_batches(batch_size: int, per_device: int, devices: int) -> BatchPlan:
    """Return the plan that gives exactly ``batch_size`` examples per step.

    Raises:
        UserError: no whole number of accumulation steps gives it.
    """
    accumulation, rest = divmod(batch_size, devices * per_device)
    if rest or not accumulation:
        raise UserError(
            f"a global batch of {batch_size} cannot be made from {devices} devices x "
            f"{per_device} examples each ({devices * per_device} per pass): choose a number of "
            f"devices and a per_device_batch_size whose product divides {batch_size}"
        )
    return BatchPlan(devices, per_device, accumulation)


def world_size() -> int:
    """Return the number of training processes, as accelerate and torchrun announce it.

    Raises:
        UserError: there are several GPUs but no launcher started one process for each.
    """
    if "WORLD_SIZE" not in os.environ and (gpus := torch.cuda.device_count()) > 1:
        raise UserError(
            f"{gpus} GPUs are visible but there is one process; start it with 'accelerate launch "
            f"--config_file envs/accelerate/fsdp2.yaml --num_processes {gpus} scripts/...', or "
            "show it one GPU with CUDA_VISIBLE_DEVICES"
        )
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this process writes files and progress."""
    return int(os.environ.get("RANK", "0")) == 0


def weights_are_sharded() -> bool:
    """Whether accelerate's launcher has asked for FSDP."""
    return os.environ.get("ACCELERATE_USE_FSDP", "false") == "true"


def sharding() -> str:
    """Return how accelerate's launcher was asked to share the weights: a checkpoint's format."""
    if weights_are_sharded():
        return f"fsdp {os.environ.get('FSDP_STATE_DICT_TYPE', '')}"
    return "deepspeed" if os.environ.get("ACCELERATE_USE_DEEPSPEED") == "true" else "none"


def precision(config: TrainerConfig) -> Precision:
    """Return 'bf16' or 'fp32', resolving 'auto'."""
    return choose_precision(config.precision)


def attention(config: TrainerConfig) -> str:
    """Return the attention implementation, resolving 'auto'."""
    if config.attention != "auto":
        return config.attention
    flash = importlib.util.find_spec("flash_attn") is not None
    return "flash_attention_2" if flash and torch.cuda.is_available() else "sdpa"


def gradient_checkpointing(config: TrainerConfig) -> bool:
    """Return whether activations are recomputed, resolving 'auto'."""
    if config.gradient_checkpointing == "auto":
        return torch.cuda.is_available()
    return config.gradient_checkpointing == "always"


def trainer_arguments(
    config: TrainerConfig, plan: BatchPlan, work: Path, seed: int
) -> dict[str, Any]:
    """Return the arguments common to TRL's trainers, none of them left to a default that matters.

    ``warmup_steps`` below 1 is a fraction of all steps; transformers rounds it up, and the first
    step's rate is 0. The examples come in the order the data set is stored in
    (``data.training_order`` has laid out all epochs), hence one sequential epoch.
    """
    return {
        "output_dir": str(work),
        "seed": seed,
        "data_seed": seed,
        "learning_rate": config.learning_rate,
        "num_train_epochs": 1,
        "train_sampling_strategy": "sequential",
        "lr_scheduler_type": SCHEDULERS[config.lr_scheduler],
        "warmup_steps": config.warmup_ratio,
        "optim": "adamw_torch_fused",
        "weight_decay": 0.0,
        "adam_beta1": 0.9,
        "adam_beta2": 0.999,
        "adam_epsilon": 1e-8,
        "max_grad_norm": 1.0,
        "per_device_train_batch_size": plan.per_device,
        "gradient_accumulation_steps": plan.accumulation,
        "activation_checkpointing": gradient_checkpointing(config),
        "bf16": precision(config) == "bf16",
        # With sharded weights each process would hold whole gradients from one micro-batch to the
        # next: 14.5 GB for 7B in bf16. Summed over the devices at once, only shards stay.
        "accelerator_config": {
            "gradient_accumulation_kwargs": {"sync_each_batch": weights_are_sharded()}
        },
        "use_cpu": not torch.cuda.is_available(),
        "use_liger_kernel": config.liger,
        "pad_to_multiple_of": None,
        "logging_strategy": "steps",
        "logging_steps": 1,
        "logging_first_step": True,
        "save_strategy": "no",  # runner.StepLog says when, and removes the old one
        "eval_strategy": "no",
        "report_to": [],
        "disable_tqdm": True,
        "dataloader_num_workers": 0,
        "dataloader_pin_memory": torch.cuda.is_available(),
        "ddp_find_unused_parameters": False,
    }
