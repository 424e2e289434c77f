"""Whether the GPUs of a training reach each other: an all-reduce, checked and timed."""

import datetime
import os
import time

from codepref.errors import UserError
from codepref.preflight.findings import Finding, Found, not_done
from codepref.preflight.place import Place
from codepref.training.arguments import world_size

_TENSOR_BYTES, _REPEATS = 256 << 20, 5
_WAIT = datetime.timedelta(minutes=3)


def look(place: Place) -> Found:
    """Return how fast the processes of this launch sum a tensor of 256 MB.

    Raises:
        UserError: a sum is wrong.
    """
    check = f"{place.jobs}: GPUs reach each other"
    processes = world_size()
    if processes < 2:
        why = "a training has one GPU" if place.gpus else "a training has none"
        return Found(findings=[not_done(check, why, "nothing, unless it is to have several")])
    import torch

    backend = "nccl" if torch.cuda.is_available() else "gloo"
    device = torch.device("cpu")
    if backend == "nccl":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    torch.distributed.init_process_group(backend, timeout=_WAIT)
    size = _TENSOR_BYTES if backend == "nccl" else 1 << 20
    tensor = torch.ones(size // 4, device=device)
    torch.distributed.all_reduce(tensor)  # connects the processes
    if not bool((tensor == processes).all()):
        raise UserError(
            f"the sum over {processes} processes is wrong; the links between the GPUs are faulty: "
            "try NCCL_P2P_DISABLE=1, and tell the site"
        )
    seconds = _seconds(tensor, device)
    torch.distributed.destroy_process_group()
    # Bytes that each link moves (NCCL tests, "bus bandwidth" of an all-reduce).
    rate = 2 * (processes - 1) / processes * size / seconds / 1e9
    found = f"{backend}, {processes} processes: {rate:.1f} GB/s"
    return Found(findings=[Finding(check=check, found=found)], figures={"reduced_gb_s": rate})


def _seconds(tensor: "torch.Tensor", device: "torch.device") -> float:  # type: ignore # noqa: F821
    """Return the seconds of one all-reduce."""
    import torch

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    wait()
    started = time.monotonic()
    for _ in range(_REPEATS):
        torch.distributed.all_reduce(tensor)
    wait()
    return (time.monotonic() - started) / _REPEATS
