"""The checks of one job, each in a process of its own: one that dies or hangs spoils no other."""

import collections
import contextlib
import importlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from codepref.errors import UserError
from codepref.files import read_record, write_json
from codepref.preflight.findings import Finding, Found, Kind, refused
from codepref.preflight.place import Place
from codepref.progress import say

MINUTES = 12.0
"""A check that takes longer hangs: as NCCL does where GPUs do not reach each other."""


@dataclass(frozen=True)
class Step:
    """One check.

    Attributes:
        what: its name in the table, if it ends without saying what it found.
        module: in this package; has ``function``.
        function: takes the place and returns what was found.
        launched: started as trainings are, in one process for each GPU.
        after: checks without whose success this one makes no sense.
        needed: what it could not do stops those that come after it, as its failure does.
    """

    what: str
    module: str
    function: str = "look"
    launched: bool = False
    after: tuple[str, ...] = ()
    needed: bool = False


STEPS: dict[str, Step] = {
    "machine": Step("machine", "machine"),
    "tokenizer": Step("tokenizer and chat template", "tokenizer", needed=True),
    "engine": Step("sampling", "engine", after=("machine", "tokenizer")),
    "collective": Step("GPUs reach each other", "collective", launched=True, after=("machine",)),
    "room": Step("room for one training's files", "width", "look_for_room", after=("tokenizer",)),
    "prepare": Step("model of two layers", "width", "prepare", after=("collective", "tokenizer")),
    "one_layer": Step("DPO step", "width", "train_one_layer", launched=True, after=("prepare",)),
    "two_layers": Step(
        "DPO step", "width", "train_two_layers", launched=True, after=("one_layer",)
    ),
    "sandbox": Step("sandbox", "sandbox"),
}
OF_KIND: dict[Kind, tuple[str, ...]] = {
    "sample": ("machine", "tokenizer", "engine"),
    "train": ("machine", "collective", "tokenizer", "room", "prepare", "one_layer", "two_layers"),
    "execute": ("machine", "sandbox"),
}


def take(name: str, place: Place) -> None:
    """Do one check in this process, and write what it found where ``check_job`` reads it."""
    step = STEPS[name]
    try:
        module = importlib.import_module(f"codepref.preflight.{step.module}")
        found: Found = getattr(module, step.function)(place)
    except UserError as error:
        found = Found(findings=[refused(_named(step, place), error)])
    if int(os.environ.get("RANK", "0")) == 0:
        write_json(place.work / f"{name}.json", found.model_dump())


def check_job(
    place: Place, command: Sequence[str], launch: Sequence[str], minutes: float = MINUTES
) -> Found:
    """Return what all checks of a job found; none of them can fail this.

    Args:
        place: the job.
        command: does a check if its name follows: a script with its options.
        launch: what starts trainings: python, or accelerate's launcher.
        minutes: when a check is stopped.
    """
    place.work.mkdir(parents=True, exist_ok=True)
    every = Found(model=place.model or None)
    good: set[str] = set()
    for name in OF_KIND[place.kind]:
        step = STEPS[name]
        if not good.issuperset(step.after):
            continue  # what stands there says why
        say(f"-- {_named(step, place)}")
        file = place.work / f"{name}.json"
        file.unlink(missing_ok=True)
        why = _run([*(launch if step.launched else [sys.executable]), *command, name], minutes)
        if why is None:
            found = read_record(file, Found)
        else:
            ended = Finding(
                check=_named(step, place),
                found=why,
                verdict="failed",
                mend="the log of this job says more",
            )
            found = Found(findings=[ended])
        bad = {"failed", "not done"} if step.needed else {"failed"}
        if bad.isdisjoint(one.verdict for one in found.findings):
            good.add(name)
        every = Found(
            findings=[*every.findings, *found.findings],
            figures={**every.figures, **found.figures},
            hardware=every.hardware or found.hardware,
            model=every.model,
        )
    shutil.rmtree(place.work, ignore_errors=True)
    return every


def _named(step: Step, place: Place) -> str:
    ours = STEPS["machine"], STEPS["collective"], STEPS["sandbox"]
    return f"{place.jobs if step in ours else place.model}: {step.what}"


def _run(command: Sequence[str], minutes: float) -> str | None:
    """Run a command and show what it prints; return how it failed, None if it did not."""
    lines: collections.deque[str] = collections.deque(maxlen=60)
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    late = threading.Event()

    def stop() -> None:
        late.set()
        end()

    def end() -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    timer = threading.Timer(60 * minutes, stop)
    try:
        timer.start()
        assert process.stdout is not None
        for line in process.stdout:
            say(line.rstrip())
            lines.append(line.strip())
        process.wait()
    finally:
        timer.cancel()
        end()  # what it left behind
    if late.is_set():
        return f"did not end within {minutes:g} minutes: {_telling(lines)}"
    if process.returncode:
        return f"ended with exit code {process.returncode}: {_telling(lines)}"
    return None


def _telling(lines: Sequence[str]) -> str:
    """Return the line that says most of why a program ended: of an error, else the last."""
    texts = [line for line in lines if line]
    errors = [line for line in texts if "Error" in line or line.startswith("error")]
    return (errors or texts or ["it printed nothing"])[-1][:300]
