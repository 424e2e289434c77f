"""The GPUs of one machine, shared among the jobs that a run starts there.

A scheduler gives each job GPUs of its own. Without one, Snakemake counts them (the resource
``gpu``) and ``scripts/on_gpus.py`` pins each job to devices that no other job holds.
"""

import fcntl
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.progress import say
from codepref.provenance.record import container_image

LOCKS = Path("/tmp") / f"codepref-gpus-{os.getuid()}"
_WAIT_SECONDS = 2.0


def machine_gpus() -> dict[str, str]:
    """Return the visible GPUs: what ``CUDA_VISIBLE_DEVICES`` calls each, and its UUID.

    Empty where ``nvidia-smi`` is missing, fails, or finds none.
    """
    ask = ["nvidia-smi", "--query-gpu=index,uuid", "--format=csv,noheader"]
    try:
        done = subprocess.run(ask, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    rows = [line.split(",") for line in done.stdout.splitlines() if done.returncode == 0]
    found = {index.strip(): uuid.strip() for index, uuid in rows}
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    if shown is None:
        return found
    uuids = {**found, **{uuid: uuid for uuid in found.values()}}
    return {name: uuids[name] for name in shown.split(",") if name in uuids}


def count_gpus(workflow: Any, needed: int) -> None:
    """Let Snakemake start no more jobs than this machine has GPUs for, if it runs jobs itself.

    ``--resources gpu=N`` is kept where the user gives it.

    Args:
        workflow: Snakemake's, when its scheduler is there (``onstart``).
        needed: GPUs of the job that asks for most.

    Raises:
        UserError: this machine has fewer GPUs than one job needs.
    """
    if not needed or not workflow.local_exec or "gpu" in workflow.global_resources:
        return
    gpus = len(machine_gpus())
    if gpus < needed:
        raise UserError(
            f"one job asks for {needed} GPUs (compute in the configuration), and this machine "
            f"shows {gpus}; lower gpus there, or run on a cluster: snakemake --profile slurm"
        )
    say(f"{gpus} GPUs: jobs share them, each on its own")
    workflow.register_resource("gpu", gpus)
    workflow.scheduler.global_resources["gpu"] = gpus


def pin(wanted: int) -> None:
    """Hold ``wanted`` of the visible GPUs until this process and what it becomes have ended.

    ``CUDA_VISIBLE_DEVICES`` then names these alone. Waits while other jobs hold too many. Without
    ``nvidia-smi`` nothing is pinned: the job sees what it was given.

    Raises:
        UserError: there are fewer GPUs than wanted.
    """
    gpus = machine_gpus()
    if not gpus:
        return
    if len(gpus) < wanted:
        raise UserError(f"this job was given {wanted} GPUs, and nvidia-smi shows {len(gpus)}")
    LOCKS.mkdir(mode=0o700, exist_ok=True)
    held: list[str] = []
    waiting = False
    while not (held := _held(gpus, wanted)):
        if not waiting:
            say(f"waiting for {wanted} of {len(gpus)} GPUs, which other jobs hold")
        waiting = True
        time.sleep(_WAIT_SECONDS)
    # The order of nvidia-smi, which CUDA does not number by otherwise.
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(held)


def _held(gpus: dict[str, str], wanted: int) -> list[str]:
    """Lock ``wanted`` GPUs and return their names; if fewer are free, keep none."""
    names: list[str] = []
    files: list[int] = []
    for name, uuid in gpus.items():
        file = os.open(LOCKS / uuid, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        os.set_inheritable(file, True)
        names.append(name)
        files.append(file)
        if len(names) == wanted:
            return names
    for file in files:
        os.close(file)
    return []


def enter(environment: Path) -> None:
    """Take programs from a virtual environment, if it is there; in a container they are at hand."""
    if environment.is_dir() and not container_image():
        os.environ["PATH"] = f"{(environment / 'bin').absolute()}:{os.environ['PATH']}"
