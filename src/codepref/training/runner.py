"""What every trainer shares: loading, resuming, logging, and the finished model folder."""

import dataclasses
import json
import math
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, PrinterCallback, Trainer, TrainerCallback

from codepref.errors import UserError, explain_out_of_memory
from codepref.files import sha256_of, whole_folder, write_json, write_whole
from codepref.models import model_revision, write_source
from codepref.models.folder import copy_all_but_weights, weights_sha256
from codepref.progress import Progress, say
from codepref.provenance.record import versions_of
from codepref.resume import prepare_work_folder
from codepref.training.arguments import (
    BatchPlan,
    attention,
    is_main_process,
    plan_batches,
    precision,
    sharding,
    world_size,
)
from codepref.training.save_request import SaveRequest
from codepref.training.trainers import TrainerConfig

transformers.utils.logging.disable_progress_bar()
# The result depends on their versions.
PACKAGES = ("torch", "transformers", "trl", "accelerate", "datasets", "peft", "codepref")
RECORDS = ("training.json", "training_log.jsonl")
COMPLETE = "complete.json"  # marks a checkpoint that was written to its end


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        trainer: its name in ``TRAINERS``.
        model_folder: the policy to start from; without ``reference_folder`` it is the reference,
            too.
        data_file: what it learns from (JSONL): pairs, or problems.
        output: the finished model folder, with training_log.jsonl and training.json.
        work: state that a killed run resumes from; removed at the end.
        seed: decides the order of the data, and what is sampled.
        config: hyperparameters.
        model: the policy's name in the configuration, for the record.
        method: the method's name in the configuration, for the record.
        references: what the reference gives the pairs (JSONL); None: the training computes it.
        reference_folder: the reference, where it is not the policy to start from.
    """

    trainer: str
    model_folder: Path
    data_file: Path
    output: Path
    work: Path
    seed: int
    config: TrainerConfig
    model: str = ""
    method: str = ""
    references: Path | None = None
    reference_folder: Path | None = None

    @property
    def plan(self) -> BatchPlan:
        """How this job's devices make up the global batch; a UserError if they cannot."""
        return plan_batches(self.config.batch_size, self.config.per_device_batch_size, world_size())

    def explain_out_of_memory(self) -> AbstractContextManager[None]:
        """Turn running out of memory in a ``with`` block into a UserError with advice."""
        plan = self.plan
        return explain_out_of_memory(
            f"with per_device_batch_size {plan.per_device}; lower "
            f"{self.trainer}.per_device_batch_size (the global batch stays {plan.global_batch}) or "
            "max_length, set gradient_checkpointing: always, or give the job more memory or GPUs, "
            "then run again"
        )

    def prepare_work(self, **more: str) -> None:
        """Make the work folder; throw away what a run with other inputs or settings left in it.

        Args:
            more: further settings that must be unchanged for a stopped run to be resumed.
        """
        if is_main_process():
            made_from = {
                "trainer": self.trainer,
                "model": model_revision(self.model_folder),
                "data file": sha256_of(self.data_file),
                "references": sha256_of(self.references) if self.references else "computed",
                "configuration": self.config.model_dump_json(),
                "number of devices": str(self.plan),
                "way of sharing the weights": sharding(),
                "seed": str(self.seed),
                "version of a package": json.dumps(versions_of(PACKAGES)),
            }
            prepare_work_folder(self.work, made_from | more)

    def keep_records(self, folder: Path) -> None:
        """Copy the training's record and log to a folder, where they outlive the checkpoint."""
        if not is_main_process():
            return
        for name in RECORDS:
            with write_whole(folder / name, "wb") as stream:
                stream.write((self.output / name).read_bytes())

    def facts(self, counts: dict[str, Any], log: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what ``training.json`` holds: settings in effect, counts, versions, inputs."""
        config, plan = self.config, self.plan
        targets = config.lora_targets or "all linear layers"
        lora = {"rank": config.lora_rank, "alpha": config.lora_alpha, "targets": targets}
        return {
            "model": self.model,
            "method": self.method,
            "trainer": self.trainer,
            "base": model_revision(self.model_folder),
            "data_file": str(self.data_file),
            "data_sha256": sha256_of(self.data_file),
            "seed": self.seed,
            "hyperparameters": config.model_dump(),
            "lora": lora if config.lora_rank else None,
            "precision": precision(config),
            "attention": attention(config),
            "global_batch": plan.global_batch,
            "devices": plan.devices,
            "per_device_batch": plan.per_device,
            "accumulation": plan.accumulation,
            "steps": len(log),
            "seconds": sum(line["seconds"] for line in log),
            **counts,
            "versions": versions_of(PACKAGES),
            "hardware": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
            "gpu_peak_gb": gpu_peak_gb(),
        }


def gpu_peak_gb() -> dict[str, float] | None:
    """Return the most memory (10^9 bytes) that this process has had on its GPU; None: on the CPU.

    ``allocated`` is what tensors took, ``reserved`` what PyTorch took from the device for them.
    """
    if not torch.cuda.is_available():
        return None
    peaks = {
        "allocated": torch.cuda.max_memory_allocated(),
        "reserved": torch.cuda.max_memory_reserved(),
    }
    return {name: round(size / 1e9, 2) for name, size in peaks.items()}


def load_model(model_folder: str | Path, config: TrainerConfig) -> Any:
    """Return the model with fp32 weights (under bf16 they are the master copy of autocast).

    Raises:
        UserError: the weights cannot be read, or the attention kernel is not installed.
    """
    try:
        return AutoModelForCausalLM.from_pretrained(
            Path(model_folder),
            dtype=torch.float32,
            attn_implementation=attention(config),
            local_files_only=True,
        )
    except (OSError, ValueError, ImportError) as error:
        raise UserError(
            f"{model_folder}: the model cannot be loaded ({str(error).splitlines()[0]})"
        ) from error


def lora(config: TrainerConfig) -> Any:
    """Return the PEFT configuration, or None for full fine-tuning.

    Raises:
        UserError: LoRA is asked for but peft is not installed.
    """
    if not config.lora_rank:
        return None
    try:
        from peft import LoraConfig
    except ImportError as error:
        raise UserError("lora_rank needs the package 'peft': pip install peft") from error
    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        target_modules=config.lora_targets or "all-linear",
        task_type="CAUSAL_LM",
    )


class UnroundedOutputs:
    """A mix-in for trainers: sharded weights (FSDP2) round neither outputs nor sums of gradients.

    accelerate asks FSDP2 to round both to bf16: a log-probability of -300, summed in fp32, would be
    rounded to steps of 2, and so would a gradient while micro-batches and devices add to it.
    """

    def create_accelerator_and_postprocess(self) -> None:
        """Create the accelerator, then take both roundings from its FSDP settings."""
        super().create_accelerator_and_postprocess()  # type: ignore[misc]
        plugin = getattr(self.accelerator.state, "fsdp_plugin", None)  # type: ignore[attr-defined]
        if plugin is not None and plugin.mixed_precision_policy is not None:
            plugin.mixed_precision_policy = dataclasses.replace(
                plugin.mixed_precision_policy, output_dtype=None, reduce_dtype=torch.float32
            )


_SHOWN = {"margin": "rewards/margins", "accuracy": "rewards/accuracies", "reward": "reward"}


class StepLog(TrainerCallback):
    """Times each step, completes its log line, shows progress, and keeps one whole checkpoint.

    Lines live in the trainer's ``log_history``, which checkpoints carry, so a resumed run has each
    step once.

    Args:
        what: name of the training in the progress line.
        config: says how old the last checkpoint may get.
        derive: returns what a log line gains.
        save_every: a checkpoint is written only after a multiple of so many steps.
    """

    def __init__(
        self,
        what: str,
        config: TrainerConfig,
        derive: Callable[[dict[str, float]], dict[str, float]] = lambda line: {},
        save_every: int = 1,
    ) -> None:
        self.what, self.derive = what, derive
        self.progress: Progress | None = None
        self._clock = 0.0
        self._tokens = 0.0
        self._save_seconds, self._save_every = 60 * config.checkpoint_minutes, save_every
        self._saved = time.monotonic()
        self._request = SaveRequest()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the bar, and PPO's count of tokens, where a resumed run left them."""
        self._tokens = int(state.num_input_tokens_seen)
        self._saved = time.monotonic()
        self._request.listen()
        if is_main_process():
            self.progress = Progress(self.what, state.max_steps, state.global_step)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the step's clock."""
        self._clock = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Have a checkpoint written if the last is old, or somebody asks for one.

        Not after the last step: the model follows.
        """
        possible = state.global_step % self._save_every == 0 and state.global_step < state.max_steps
        old = time.monotonic() - self._saved >= self._save_seconds
        control.should_save = possible and _as_main_process(old or self._request.pending)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """Complete the step's line."""
        if not logs or "loss" not in logs:
            return
        line = state.log_history[-1]
        line["seconds"] = time.monotonic() - self._clock
        tokens = line.get("num_tokens", self._tokens)  # PPO counts only when it draws responses
        line["tokens_per_second"] = (tokens - self._tokens) / line["seconds"]
        self._tokens = tokens
        line.update(self.derive(line))
        if self.progress:
            parts = [f"loss {line['loss']:.4f}"]
            parts += [f"{name} {line[key]:.3f}" for name, key in _SHOWN.items() if key in line]
            parts.append(f"{line['tokens_per_second']:.0f} tokens/s")
            self.progress.advance(state.global_step - self.progress.done, ", ".join(parts))

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark the new checkpoint as whole, then remove the older ones."""
        asked, self._request.pending = self._request.pending, False
        self._saved = time.monotonic()
        if torch.distributed.is_initialized():
            torch.distributed.barrier()  # every process has written its part
        if is_main_process():
            work = Path(str(args.output_dir))
            write_json(work / f"checkpoint-{state.global_step}" / COMPLETE, {"complete": True})
            for folder in work.glob("checkpoint-*"):
                if folder.name != f"checkpoint-{state.global_step}":
                    shutil.rmtree(folder, ignore_errors=True)
            if asked:
                say(f"a checkpoint was asked for: step {state.global_step} is saved")


def _as_main_process(decision: bool) -> bool:
    """Return the main process's decision, in all processes: their clocks differ."""
    if not torch.distributed.is_initialized():
        return decision
    decisions = [decision]
    torch.distributed.broadcast_object_list(decisions, src=0)
    return decisions[0]


def last_checkpoint(work: Path) -> Path | None:
    """Return the newest checkpoint that was written to its end; delete the others."""
    whole = []
    for folder in work.glob("checkpoint-*"):
        if (folder / COMPLETE).is_file():
            whole.append((int(folder.name.rpartition("-")[2]), folder))
        elif is_main_process():
            shutil.rmtree(folder, ignore_errors=True)
    return max(whole)[1] if whole else None


def train(trainer: Trainer, work: Path, step_log: StepLog) -> list[dict[str, Any]]:
    """Run or resume the training; return one log line per step.

    Raises:
        UserError: the loss stopped being a number.
    """
    sharded = trainer.is_deepspeed_enabled or trainer.is_fsdp_enabled
    if sharded and hasattr(trainer.model, "peft_config"):
        raise UserError("LoRA is for one device or plain data parallelism, not sharded weights")
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(step_log)
    trainer.accelerator.wait_for_everyone()  # the main process may have cleared the work folder
    checkpoint = last_checkpoint(work)
    if checkpoint:
        print(f"resuming from {checkpoint}")
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    lines = [line for line in trainer.state.log_history if "loss" in line]
    bad = next((line for line in lines if not math.isfinite(line["loss"])), None)
    if bad:
        raise UserError(f"the loss is {bad['loss']} at step {bad['step']}; lower learning_rate")
    return lines


def finish(trainer: Trainer, run: Run, log: list[dict[str, Any]], counts: dict[str, Any]) -> None:
    """Write the finished model folder, then remove the work folder.

    Weights are stored in the number format of the model the training started from; tokenizer, chat
    template and configuration are the originals, byte for byte, so that nothing but the weights
    differs between the methods. LoRA adapters are merged into the weights.
    """
    # Collective: with sharded weights every process takes part in gathering them.
    wrapped = trainer.model_wrapped if trainer.is_deepspeed_enabled else trainer.model
    state = trainer.accelerator.get_state_dict(wrapped)
    if not is_main_process():
        trainer.accelerator.wait_for_everyone()
        return
    model = trainer.accelerator.unwrap_model(trainer.model)
    config = json.loads((run.model_folder / "config.json").read_text())
    stored = getattr(torch, str(config.get("dtype") or config.get("torch_dtype") or "float32"))
    if hasattr(model, "merge_and_unload"):
        model = model.merge_and_unload()
        state = model.state_dict()
    # Gathered from shards, a tied weight (an LM head that is the embedding) comes a second time.
    tied = getattr(model, "all_tied_weights_keys", {})
    state = {name: tensor.to(stored) for name, tensor in state.items() if name not in tied}
    facts = run.facts(
        {**counts, "distributed": trainer.accelerator.distributed_type.name.lower()}, log
    )
    with whole_folder(run.output) as folder:
        model.save_pretrained(folder, state_dict=state)
        copy_all_but_weights(run.model_folder, folder)
        with (folder / "training_log.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(json.dumps(line) + "\n" for line in log)
        write_json(folder / "training.json", facts)
        write_source(
            folder, "trained", weights_sha256(folder), trainer=run.trainer, base=facts["base"]
        )
    shutil.rmtree(run.work, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
