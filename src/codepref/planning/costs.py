"""``envs/costs.yaml``: what hardware does in a second, with sources; and how a run corrects it."""

import json
from pathlib import Path

from pydantic import Field, ValidationError

from codepref.errors import UserError
from codepref.planning.architecture import Architecture
from codepref.strict import Strict, explain_record


class Gpu(Strict):
    """One kind of GPU, by its data sheet; GB are 10^9 bytes."""

    label: str
    memory_gb: float = Field(gt=0)
    tflops: float = Field(gt=0)
    """dense, bf16"""
    memory_gb_per_second: float = Field(gt=0)
    link_gb_per_second: float = Field(gt=0)
    """to the other GPUs of a machine, one way"""


class Tokens(Strict):
    """Mean numbers of tokens."""

    problem: dict[str, int]
    """of a prompt, by the kind of its source; ``others``: of every kind that is not named"""
    response: int = Field(ge=1)
    code_response: int = Field(ge=1)
    """of a response that ends with its code"""
    benchmark_task: int = Field(ge=1)
    benchmark_answer: int = Field(ge=1)


class Published(Strict):
    """A published throughput of vLLM, and what it was measured on."""

    gpu: str
    tokens_per_second: float = Field(gt=0)
    memory_share: float = Field(gt=0, le=1)
    prompt: int
    response: int
    architecture: Architecture


class SamplingCosts(Strict):
    """What drawing responses costs."""

    published: Published
    memory_share: float = Field(gt=0, le=1)
    running_at_most: int = Field(ge=1)
    invariant_slowdown: float = Field(ge=1)
    start_seconds: float = Field(ge=0)
    online_tokens_per_second: float = Field(gt=0)


class TrainingCosts(Strict):
    """What training costs."""

    flops_share: float = Field(gt=0, le=1)
    bytes_per_parameter_and_pass: float = Field(ge=0)
    start_seconds: float = Field(ge=0)
    disk_gb_per_second: float = Field(gt=0)


class ExecutionCosts(Strict):
    """What running candidates costs."""

    core_seconds: dict[str, float]
    """of one sample or solution, by the kind of its source or data; ``others``: not named"""
    start_seconds: float = Field(ge=0)


class CpuCosts(Strict):
    """What one core does with a model of ``parameters`` in one number format.

    A larger one takes longer in proportion. Rates are tokens per second of one core.
    """

    parameters: float = Field(gt=0)
    sampled_tokens: float = Field(gt=0)
    trained_tokens: float = Field(gt=0)
    scored_tokens: float = Field(gt=0)


class CpuFormats(Strict):
    """What jobs of models cost without a GPU, by the number format that they compute in."""

    start_seconds: float = Field(ge=0)
    fp32: CpuCosts
    bf16: CpuCosts


class Costs(Strict):
    """``envs/costs.yaml``; the file says what each constant is and where it comes from."""

    gpus: dict[str, Gpu]
    gpu: str
    architectures: dict[str, Architecture]
    tokens: Tokens
    share_with_pair: float = Field(gt=0, le=1)
    share_after_pilot: float = Field(gt=0, le=1)
    """likewise, where a pilot has chosen the problems"""
    sampling: SamplingCosts
    training: TrainingCosts
    execute: ExecutionCosts
    cpu: CpuFormats
    merge_seconds: float = Field(ge=0)
    """of one problem"""
    download_seconds_per_gb: float = Field(ge=0)
    minutes: dict[str, float]
    """of one job of a rule; ``others``: of every rule that is not named anywhere"""
    cores_per_gpu: int = Field(ge=1)

    def of_gpu(self, name: str) -> Gpu:
        """Return a kind of GPU.

        Raises:
            UserError: there is none of that name.
        """
        if name not in self.gpus:
            raise UserError(f"no GPU '{name}' in envs/costs.yaml; it has {', '.join(self.gpus)}")
        return self.gpus[name]


class ModelThroughput(Strict):
    """What one GPU did with a model; None: not measured."""

    sampled_tokens_per_second: float | None = Field(default=None, gt=0)
    trained_tokens_per_second: float | None = Field(default=None, gt=0)


class Throughputs(Strict):
    """What ``make preflight`` has measured on the GPUs of a site."""

    hardware: str
    start_seconds: float | None = Field(default=None, ge=0)
    models: dict[str, ModelThroughput] = Field(default={})

    @classmethod
    def read(cls, path: Path) -> "Throughputs":
        """Read the file that the preflight writes.

        Raises:
            UserError: it is not such a file.
        """
        try:
            return cls.model_validate(json.loads(path.read_text("utf-8")))
        except ValidationError as error:
            mistake = explain_record(error, cls)
        except (OSError, ValueError) as error:
            mistake = f"cannot be read ({error})"
        raise UserError(f"{path}: {mistake}; run make preflight again")
