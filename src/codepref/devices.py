"""The GPUs that a job was given, and whether this process can compute on them.

PyTorch and vLLM go on without a GPU where they see none: a lost ``--nv`` or an old driver turns an
hour of GPU time into days on a CPU, with exit code 0. So every command that is given GPUs is told
how many, and refuses to start with fewer.
"""

import argparse
import ctypes
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from codepref.errors import UserError

Precision = Literal["fp32", "bf16"]
Wanted = Literal["auto", "fp32", "bf16"]
"""a precision as the configuration has it"""

CPU_INFO = Path(os.environ.get("CODEPREF_CPU_INFO", "/proc/cpuinfo"))
"""what tells the processor's flags; elsewhere in tests, whose jobs so compute alike everywhere"""
KERNEL_DRIVER = Path("/proc/driver/nvidia/version")
AMD_DRIVER = Path("/dev/kfd")
LEAST_DRIVER = {12: "525.60.13", 13: "580.65.06"}
"""The first Linux driver of each major version of CUDA (NVIDIA, CUDA release notes, table 3); any
minor version of the toolkit runs on it."""


def choose_precision(wanted: Wanted) -> Precision:
    """Return the number format that this process computes in; ``auto`` is the faster one here.

    That is bf16 on GPUs, and on processors that multiply in it (AVX512-BF16 or AMX); on others it
    takes several times as long as fp32. Nothing is measured: the processor's flags alone decide, so
    that one machine always gives the same numbers.
    """
    if wanted != "auto":
        return wanted
    import torch

    return "bf16" if torch.cuda.is_available() else cpu_precision()


def cpu_precision() -> Precision:
    """Return what ``auto`` is on this machine's processor."""
    try:
        text = CPU_INFO.read_text(errors="replace")
    except OSError:  # not Linux
        return "fp32"
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    multiplies = flags and not {"avx512_bf16", "amx_bf16"}.isdisjoint(flags[1].split())
    return "bf16" if multiplies else "fp32"


@dataclass(frozen=True)
class Devices:
    """What this process finds.

    Attributes:
        torch: PyTorch's version.
        build: the CUDA version that PyTorch was built for, ``(major, minor)``; None: for CPUs only.
        kernels: what the build has kernels for: ``sm_80``, or ``compute_90`` for later ones, too.
        driver: the version of the machine's NVIDIA driver; None: there is none.
        supported: the latest CUDA version of the driver's library; None: it is not visible.
        gpus: name and compute capability of each visible GPU; empty where CUDA does not start.
        amd: whether the machine has AMD's driver for computing (ROCm).
    """

    torch: str
    build: tuple[int, int] | None
    kernels: tuple[str, ...] = ()
    driver: str | None = None
    supported: tuple[int, int] | None = None
    gpus: tuple[tuple[str, tuple[int, int]], ...] = ()
    amd: bool = False


def add_gpus_option(parser: argparse.ArgumentParser) -> None:
    """Give a command line the option ``--gpus``."""
    parser.add_argument(
        "--gpus", type=int, default=0, metavar="N", help="refuse to start with fewer GPUs than N"
    )


def require_gpus(wanted: int) -> None:
    """Return if at least ``wanted`` GPUs can be computed on; 0 asks nothing.

    Raises:
        UserError: they cannot: what is missing, what was found, how to mend it.
    """
    if wanted and (missing := complaint(find_devices(), wanted)):
        if int(os.environ.get("LOCAL_RANK", "0")):
            sys.exit(2)  # the first process says it for all
        raise UserError(missing)


def find_devices() -> Devices:
    """Look for GPUs; takes as long as importing PyTorch."""
    import torch

    text = KERNEL_DRIVER.read_text(errors="replace") if KERNEL_DRIVER.exists() else ""
    found = re.search(r"\s(\d+\.[\d.]+)\s", text)
    started = torch.cuda.is_available()
    return Devices(
        torch=torch.__version__,
        build=_two(torch.version.cuda) if torch.version.cuda else None,
        kernels=tuple(torch.cuda.get_arch_list()) if started else (),
        driver=found[1] if found else None,
        supported=_supported_cuda(),
        gpus=tuple(
            (torch.cuda.get_device_name(number), torch.cuda.get_device_capability(number))
            for number in range(torch.cuda.device_count() if started else 0)
        ),
        amd=AMD_DRIVER.exists(),
    )


def complaint(found: Devices, wanted: int) -> str | None:
    """Return why a job that was given ``wanted`` GPUs cannot run on them; None: it can."""
    given = f"this job was given {wanted} GPU{'s' if wanted > 1 else ''}"
    if found.build is None:
        return (
            f"{given}, but its PyTorch ({found.torch}) is built for CPUs; run it in the images "
            "(make images) or environments (make gpu-envs) for GPUs, or set gpus: 0 in this job's "
            "section of compute"
        )
    on = f"driver {found.driver or 'unknown'}"
    if found.supported is None and found.amd:
        return (
            f"{given}, and the machine's GPUs are AMD's (ROCm); PyTorch and vLLM are locked for "
            "CUDA only, as the package index has no others: choose nodes with NVIDIA GPUs"
        )
    if found.supported is None:
        return (
            f"{given}, and sees none: the driver's library libcuda.so.1 is not visible (machine: "
            f"{on}); containers need --nv (apptainer-args in slurm/config.yaml), jobs a partition "
            "with GPUs"
        )
    if found.supported[0] < found.build[0]:
        least = LEAST_DRIVER.get(found.build[0], "a newer one")
        return (
            f"{given}, but the machine's {on} is for CUDA {_text(found.supported)}, and PyTorch "
            f"{found.torch} needs CUDA {_text(found.build)}: driver {least} or newer; ask the site "
            "for it, or choose other nodes"
        )
    if len(found.gpus) < wanted:
        shown = os.environ.get("CUDA_VISIBLE_DEVICES")
        names = ", ".join(name for name, _ in found.gpus) or "none"
        return (
            f"{given}, and sees {len(found.gpus)} ({names}; {on}; CUDA_VISIBLE_DEVICES is "
            f"{'not set' if shown is None else repr(shown)}); ask for as many as compute says "
            "(partition, gres), or lower gpus there"
        )
    for name, capability in found.gpus:
        if not _has_kernels(found.kernels, capability):
            return (
                f"{given}, but PyTorch {found.torch} has no kernels for {name} (compute capability "
                f"{_text(capability)}; it has {', '.join(found.kernels)}); choose other nodes"
            )
    return None


def _has_kernels(kernels: tuple[str, ...], capability: tuple[int, int]) -> bool:
    """Return whether a GPU runs one of the kernels.

    Machine code (sm) runs on later minor versions of its major version, PTX (compute) on all later
    ones (NVIDIA, CUDA C++ programming guide, binary and PTX compatibility).
    """
    for name in kernels:
        found = re.fullmatch(r"(sm|compute)_(\d+)(\d)([af]?)", name)
        if found is None:
            continue
        kind, major, minor, special = found.groups()
        version = (int(major), int(minor))
        same_major = version[0] == capability[0]
        if special == "a":
            fits = version == capability
        elif kind == "sm" or special:
            fits = same_major and version <= capability
        else:
            fits = version <= capability
        if fits:
            return True
    return False


def _supported_cuda() -> tuple[int, int] | None:
    """Return the latest CUDA version that the driver's library knows; None: no such library."""
    version = ctypes.c_int()
    try:
        asked = ctypes.CDLL("libcuda.so.1").cuDriverGetVersion(ctypes.byref(version))
    except OSError:
        return None
    return (version.value // 1000, version.value % 1000 // 10) if asked == 0 else None


def _two(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


def _text(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
