"""The registry of trainers: all that the stages need to know of each way to train.

A trainer is added by its settings and its entry here, and by the module that the entry names
(README, "Add something"). Configuration, rules, command line and tables derive from this registry.
Torch is loaded by those modules only.
"""

import importlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from codepref.strict import FieldError, Section
from codepref.training.losses import LOSSES, check_names, smoothing_of

_NUMBER = re.compile(r"\d+(\.\d+)?(e-?\d+)?")


NO_CHECKPOINT = 1e9
"""minutes between checkpoints of a training that is short enough to be done again"""


class TrainerConfig(Section):
    """What every trainer needs; the defaults are Tables 3 and 4."""

    BELONGS_TO: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """settings that mean nothing beside another value of a setting"""

    learning_rate: float = Field(default=5e-6, gt=0)
    lr_scheduler: Literal["cosine", "linear", "constant"] = "cosine"
    warmup_ratio: float = Field(
        default=0.05, ge=0, lt=1, description="share of steps, rounded up; the first has rate 0"
    )
    batch_size: int = Field(
        default=16, ge=1, description="examples per step, on all devices together"
    )
    per_device_batch_size: int = Field(default=1, ge=1, description="examples per device and pass")
    max_length: int = Field(default=8192, ge=16, description="tokens of prompt and response")
    allow_truncation: bool = Field(
        default=False, description="cut longer examples (counted) instead of refusing"
    )
    gradient_checkpointing: Literal["auto", "always", "never"] = Field(
        default="auto", description="recompute activations to save memory; auto: on GPUs only"
    )
    precision: Literal["auto", "bf16", "fp32"] = Field(
        default="auto",
        description="bf16: computed in bf16 from fp32 weights; auto: bf16 on GPUs and on "
        "processors with AVX512-BF16 or AMX, else fp32",
    )
    attention: Literal["auto", "sdpa", "eager", "flash_attention_2"] = Field(
        default="auto", description="auto: FlashAttention where installed (GPUs), else sdpa"
    )
    liger: bool = Field(default=False, description="Liger's fused layer kernels (GPUs)")
    checkpoint_minutes: float = Field(
        default=20, ge=0, description="a killed job resumes from a checkpoint at most this old"
    )
    lora_rank: int = Field(
        default=0, ge=0, description="0: full fine-tuning (the paper); else LoRA of this rank"
    )
    lora_alpha: int = Field(default=32, ge=1, description="LoRA's scale; used if lora_rank > 0")
    lora_targets: list[str] = Field(
        default=[],
        description="names of the layers that LoRA adapts, for example [q_proj, v_proj]; []: all "
        "linear layers but the LM head",
    )


class PairTrainerConfig(TrainerConfig):
    """What every trainer on pairs needs."""

    epochs: float = Field(default=1.0, gt=0)


class DpoConfig(PairTrainerConfig):
    """Direct preference optimization (paper, eq. 3 and Table 4)."""

    BELONGS_TO: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "loss_type": ("loss_weights", "label_smoothing")
    }

    beta: float = Field(default=0.1, gt=0)
    loss_type: Annotated[list[str], AfterValidator(check_names)] = Field(
        default=["sigmoid"],
        min_length=1,
        description=f"added up, of TRL's: {', '.join(LOSSES)}; sigmoid is the paper's (eq. 3)",
        json_schema_extra={"items": {"enum": list(LOSSES)}},
    )
    loss_weights: list[float] = Field(
        default=[], description="one for each of loss_type; empty: 1 each"
    )
    label_smoothing: float | None = Field(
        default=None,
        ge=0,
        lt=0.5,
        description="of robust, exo_pair, aot, aot_unpaired; default: 0.1 of robust, 0.001 of "
        "exo_pair, else 0",
    )
    discopop_tau: float = Field(default=0.05, gt=0, description="of discopop alone")
    precompute_reference: bool = Field(
        default=True, description="compute the reference's log-probabilities once, before training"
    )
    share_prefix: Literal["auto", "always", "never"] = Field(
        default="auto",
        description="run the common prefix of a pair's two sides once; auto: on the CPU, sdpa only",
    )
    reference: Literal["start", "base"] = Field(
        default="start",
        description="of a method with 'after', a later round: the reference is the checkpoint that "
        "it starts from, or the model as it came",
    )

    @model_validator(mode="after")
    def _losses_have_what_they_need(self) -> "DpoConfig":
        given, names = len(self.loss_weights), ", ".join(self.loss_type)
        if given not in (0, len(self.loss_type)):
            raise FieldError("loss_weights", f"{given} weights for the losses {names}")
        if any(weight <= 0 for weight in self.loss_weights):
            raise FieldError("loss_weights", "expected more than 0 each")
        try:
            smoothing = self.smoothing
        except ValueError as error:
            raise FieldError("label_smoothing", str(error)) from error
        if "exo_pair" in self.loss_type and smoothing == 0:
            raise FieldError("label_smoothing", "expected more than 0 for exo_pair, found 0")
        alone = [name for name in self.loss_type if LOSSES[name].compares_pairs]
        if alone and self.per_device_batch_size == 1:
            text = f"expected 2 or more, found 1: {alone[0]} compares the pairs of a pass"
            raise FieldError("per_device_batch_size", f"{text}; of one pair alone it is sigmoid")
        return self

    @property
    def smoothing(self) -> float:
        """The label smoothing: what is given, or what the losses recommend."""
        return smoothing_of(self.loss_type, self.label_smoothing)


class RftConfig(PairTrainerConfig):
    """Rejection-sampling fine-tuning: supervised on the chosen responses (paper, Table 3)."""


class PpoConfig(TrainerConfig):
    """PPO with the rule reward, without a critic (paper, eq. 1 and 2; see docs/training.md)."""

    batch_size: int = Field(
        default=128, ge=1, description="responses per step, on all devices together"
    )
    beta: float = Field(default=0.1, ge=0, description="weight of the KL penalty (eq. 1)")
    steps: int = Field(
        default=188,
        ge=1,
        description="optimizer steps; default: as many as DPO on 3,000 pairs",
    )
    steps_per_generation: int = Field(
        default=4, ge=1, description="steps whose responses are drawn at once, from one policy"
    )
    samples_per_problem: int = Field(
        default=8,
        ge=2,
        description="responses per problem; the baseline of each is the mean reward of the others",
    )
    updates_per_batch: int = Field(
        default=1, ge=1, description="optimizer steps on the same responses, clipped"
    )
    clip_range: float = Field(default=0.2, gt=0, lt=1, description="of the probability ratio")
    temperature: float = Field(default=1.0, gt=0, description="1: the policy itself, as in eq. 1")
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=2048, ge=1, description="longest response")
    stop_after_code: bool = Field(
        default=False, description="end a response when its first fenced code block closes"
    )

    @property
    def steps_between_draws(self) -> int:
        """After how many optimizer steps new responses are drawn."""
        return self.steps_per_generation * self.updates_per_batch

    @property
    def responses_drawn(self) -> int:
        """How many responses a training draws, its last ones perhaps not all used."""
        draws = -(-self.steps // self.steps_between_draws)
        return draws * self.steps_per_generation * self.batch_size


ALIKE = frozenset(
    {
        *("per_device_batch_size", "gradient_checkpointing", "precision", "attention", "liger"),
        *("checkpoint_minutes", "precompute_reference", "share_prefix"),
        *("lora_rank", "lora_alpha", "lora_targets"),
    }
)
"""settings that decide how fast a training is, not what is learned; LoRA is named apart"""


def setting_name(setting: str) -> str:
    """Return a setting in words."""
    return setting.removesuffix("_type").replace("_", " ")


def setting_text(value: Any) -> str:
    """Return the value of a setting as tables write it; a list with a plus between its parts."""
    if isinstance(value, list):
        return " + ".join(map(setting_text, value)) or "default"
    if value is None:
        return "default"
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if is_number else str(value)


def unsaid(label: str, settings: Mapping[str, Any]) -> list[str]:
    """Return those settings as text whose value is no word of the label."""
    words = set(label.replace(", ", " ").split())
    said = words | {setting_text(float(word)) for word in words if _NUMBER.fullmatch(word)}
    if "NLL" in words:
        said.add(setting_text(["sigmoid", "sft"]))
    shown = {name: setting_text(value) for name, value in settings.items()}
    return [f"{setting_name(name)} {text}" for name, text in shown.items() if text not in said]


@dataclass(frozen=True)
class Trainer:
    """What the stages need to know of a trainer.

    Attributes:
        settings: its section, ``training.<name>`` in the configuration.
        module: the module with its code, imported when a training starts. For data ``pairs`` it
            has ``make_trainer`` (see ``codepref.training.dpo``) and may have ``complete_log_line``;
            for data ``problems`` it has ``train`` (see ``codepref.training.ppo``).
        data: what it learns from: pairs, or problems that it samples responses of.
        sides: the sides of a pair that it learns from.
        implicit_reward: its policies have the reward of eq. 4, with the settings' ``beta``.
        takes_references: the model's log-probabilities of the pairs can be given
            (``codepref.training.references``).
        note: printed under tables with its rows: in what it is not what readers may expect.
    """

    settings: type[TrainerConfig]
    module: str
    data: Literal["pairs", "problems"] = "pairs"
    sides: tuple[Literal["chosen", "rejected"], ...] = ("chosen", "rejected")
    implicit_reward: bool = False
    takes_references: bool = False
    note: str = ""

    def load(self) -> ModuleType:
        """Import the trainer's module (loads torch)."""
        return importlib.import_module(self.module)


_PPO_NOTE = (
    "PPO: the objective of equations 1 and 2, without a critic (TRL's RLOO). A response's baseline "
    "is the mean reward of the other responses to the same problem, less the KL penalty; "
    "probability ratio and clipping are per response. PPO with a critic has a learned value "
    "function, generalised advantage estimation and ratios per token instead."
)

TRAINERS: dict[str, Trainer] = {
    "dpo": Trainer(DpoConfig, "codepref.training.dpo", implicit_reward=True, takes_references=True),
    "rft": Trainer(RftConfig, "codepref.training.rft", sides=("chosen",)),
    "ppo": Trainer(PpoConfig, "codepref.training.ppo", data="problems", sides=(), note=_PPO_NOTE),
}
"""By the name that a method's ``trainer`` gives in the configuration."""
