"""How the engines of a job share its GPUs: each has some of its own."""

import argparse
import os
from dataclasses import dataclass

from codepref.errors import UserError
from codepref.progress import say


@dataclass(frozen=True)
class Placement:
    """Where a job's engines run.

    Attributes:
        gpus: of each engine; 0: it runs on the CPU.
        visible: what ``CUDA_VISIBLE_DEVICES`` says to each engine that has a process of its own;
            as many as there may be.
    """

    gpus: int
    visible: tuple[str, ...]


def add_gpus_per_engine_option(parser: argparse.ArgumentParser) -> None:
    """Give a command line the option ``--gpus-per-engine``."""
    parser.add_argument(
        "--gpus-per-engine",
        type=int,
        default=1,
        metavar="N",
        help="share the GPUs among engines of N each, every engine in a process; default: 1",
    )


def share_gpus(per_engine: int) -> Placement:
    """Return where engines of ``per_engine`` GPUs each run on what this process sees.

    Without GPUs that is one engine on the CPU.

    Raises:
        UserError: one engine needs more GPUs than there are.
    """
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if per_engine < 1:
        raise UserError(f"--gpus-per-engine: expected 1 or more, not {per_engine}")
    if not count:
        return Placement(0, ("",))
    if count < per_engine:
        raise UserError(
            f"one engine takes {per_engine} GPUs (compute.generate.gpus_per_engine), and the job "
            f"sees {count}; give it more (compute.generate.gpus), or lower gpus_per_engine"
        )
    # CUDA numbers what the variable names: indices, UUIDs or parts of a GPU, of which it sees those
    # before the first that is none.
    shown = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = [str(number) for number in range(count)] if shown is None else shown.split(",")[:count]
    if count % per_engine:
        say(f"{count % per_engine} of {count} GPUs idle: an engine takes {per_engine}")
    engines = range(0, count - per_engine + 1, per_engine)
    return Placement(
        per_engine, tuple(",".join(names[start : start + per_engine]) for start in engines)
    )
