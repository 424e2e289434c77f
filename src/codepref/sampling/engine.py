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
    """Return the engine for a configured name; ``auto`` is the faster of what is installed.

    That is vLLM, on GPUs and on the CPU (docs/performance.md).

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
    return "vllm" if wanted == "vllm" or (wanted == "auto" and installed) else "transformers"


def describe_engine(name: EngineName) -> str:
    """Return what records say of the engine: versions, device and number format."""
    import torch

    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "cpu"
    precision = "bf16" if torch.cuda.is_available() else "fp32"
    version = None
    for package in (name, f"{name}-cpu"):
        try:
            version = importlib.metadata.version(package)
            break
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"{name} {version} (torch {torch.__version__}, {device}, {precision})"


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
