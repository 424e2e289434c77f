"""What a job's machine gives it: GPUs, driver, memory, disk, shared memory, network."""

import os
import shutil
import socket
from pathlib import Path

from codepref.devices import Devices, complaint, find_devices
from codepref.preflight.findings import Finding, Found, not_done
from codepref.preflight.place import GIVE_GPUS, NO_GPUS, Place

GB = 1e9
HUB = ("huggingface.co", 443)
_FREE_SHARE = 0.9  # of a GPU's memory; the driver itself takes a few hundred MB
# NCCL takes some 10 MB for each pair of GPUs; containers' usual 64 MB are too little.
_SHARED_BYTES = 1 << 30
_SHARED_MEMORY = Path("/dev/shm")


def look(place: Place) -> Found:
    """Return what the job's machine is."""
    findings, hardware = [], None
    if place.kind != "execute":
        devices = find_devices() if place.gpus else None
        findings += gpu_findings(place, devices)
        if devices and devices.gpus:
            hardware = devices.gpus[0][0]
            findings.append(_gpu_memory(place))
    if place.gpus > 1:
        findings.append(shared_memory(place, shutil.disk_usage(_SHARED_MEMORY).total))
    free = shutil.disk_usage(place.work).free / GB
    findings.append(
        Finding(check=f"{place.jobs}: free space in the results", found=f"{free:,.0f} GB")
    )
    findings.append(Finding(check=f"{place.jobs}: network", found=network()))
    return Found(findings=findings, hardware=hardware)


def gpu_findings(place: Place, found: Devices | None) -> list[Finding]:
    """Return whether the job sees the GPUs it was given and can compute on them."""
    check = f"{place.jobs}: GPUs and driver"
    if found is None:
        return [not_done(check, NO_GPUS, GIVE_GPUS)]
    names = ", ".join(sorted({name for name, _ in found.gpus})) or "none visible"
    text = f"{len(found.gpus)} of {place.gpus}: {names}; driver {found.driver or 'unknown'}"
    if why := complaint(found, place.gpus):
        return [Finding(check=check, found=text, verdict="failed", mend=why)]
    return [Finding(check=check, found=text)]


def _gpu_memory(place: Place) -> Finding:
    import torch

    sizes = [torch.cuda.mem_get_info(number) for number in range(torch.cuda.device_count())]
    return gpu_memory(place, sizes)


def gpu_memory(place: Place, sizes: list[tuple[int, int]]) -> Finding:
    """Return whether the GPUs are the job's alone.

    Args:
        place: the job.
        sizes: free and total bytes of each GPU.
    """
    check = f"{place.jobs}: memory of the GPUs"
    text = ", ".join(f"{free / GB:.0f} of {total / GB:.0f} GB free" for free, total in sizes)
    if all(free >= _FREE_SHARE * total for free, total in sizes):
        return Finding(check=check, found=text)
    mend = "other processes hold it (nvidia-smi): end them, or ask for GPUs of the job's own"
    return Finding(check=check, found=text, verdict="failed", mend=mend)


def shared_memory(place: Place, size: int) -> Finding:
    """Return whether processes of several GPUs can exchange data in /dev/shm, given its bytes."""
    check, text = f"{place.jobs}: /dev/shm", f"{size / GB:.1f} GB"
    if size >= _SHARED_BYTES:
        return Finding(check=check, found=text)
    mend = "NCCL wants 1 GB: raise the container's size of /dev/shm, or bind the machine's"
    return Finding(check=check, found=text, verdict="failed", mend=mend)


def network(address: tuple[str, int] = HUB) -> str:
    """Return whether the model hub answers: no job of a run needs it, most nodes have none."""
    offline = " (HF_HUB_OFFLINE is set)" if os.environ.get("HF_HUB_OFFLINE") else ""
    if not reaches(address):
        return f"none, and none is needed{offline}"
    return f"reaches {address[0]}{offline}; no job needs it"


def reaches(address: tuple[str, int] = HUB) -> bool:
    """Return whether a server answers."""
    try:
        socket.create_connection(address, timeout=3).close()
    except OSError:
        return False
    return True
