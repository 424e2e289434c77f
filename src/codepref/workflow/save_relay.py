"""Passes the scheduler's warning on to the training in a SLURM job.

SLURM tells only the first process of a job step (where it tracks processes by control groups, as
nearly everywhere), and that is the Snakemake that runs the rule. It knows nothing of the
signals below, so each is passed on, as a request to save, to all processes it has started:

- SIGURG, which the profile asks for some minutes before the time limit (``--signal``);
- SIGCONT, which SLURM sends together with SIGTERM when it takes a job's node away.
"""

import contextlib
import os
import signal
import threading
from pathlib import Path
from types import FrameType

from codepref.training.save_request import SIGNAL

WARNINGS = (signal.SIGURG, signal.SIGCONT)


def relay_warnings() -> None:
    """Pass warnings on from now on, if this process is part of a SLURM job."""
    if "SLURM_JOB_ID" in os.environ and threading.current_thread() is threading.main_thread():
        for number in WARNINGS:
            signal.signal(number, _ask_descendants)


def _ask_descendants(number: int, frame: FrameType | None) -> None:
    for process in _descendants(os.getpid()):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(process, SIGNAL)


def _descendants(ancestor: int) -> list[int]:
    """Return all processes that a process and those it started have started."""
    children: dict[int, list[int]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended
            # "PID (NAME) STATE PARENT ...", and a name may hold anything.
            parent = file.read_text(errors="replace").rpartition(")")[2].split()[1]
            children.setdefault(int(parent), []).append(int(file.parent.name))
    found: list[int] = []
    queue = [ancestor]
    while queue:
        started = children.get(queue.pop(), [])
        found += started
        queue += started
    return found
