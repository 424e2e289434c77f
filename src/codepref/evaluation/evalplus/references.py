"""The command's side of computing a ground truth: give out the parts, check what comes back."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codepref.evaluation.evalplus.crew import Answer, Crew, Item
from codepref.evaluation.evalplus.files import LONGEST_PART, part_file, read_part
from codepref.evaluation.tasks import Benchmark
from codepref.progress import Progress

_WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_LONGEST_REASON = 200


def compute_parts(
    benchmark: Benchmark, crew_of: Callable[[str], Crew], folder: Path
) -> dict[str, Any]:
    """Let sandboxes compute all parts into files of ``folder``; return the manifest.

    It says per task how many inputs each part has, how long the reference took for it and how many
    bytes its file has; or what is ``broken``.

    Raises:
        UserError: no sandbox starts.
        OSError: a file cannot be written.
    """
    items = []
    with benchmark.path.open("rb") as lines:
        for line in lines:
            if line.strip():
                task = json.loads(line)
                items += [_item(task, part, folder) for part in ("base", "plus")]
    progress = Progress("running the reference solutions", len(items))
    manifest: dict[str, Any] = {key: {} for key in benchmark.tasks}

    def read(item: Item, answer: Answer) -> None:
        key, part = item.message["task"]["task_id"], item.message["part"]
        entry = manifest[key]
        if answer.found and f"[Errno {errno.ENOSPC}]" in answer.found["trouble"] and _full(folder):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        try:
            entry[part] = _checked(part_file(folder, key, part), answer)
        except ValueError as error:
            entry.setdefault("broken", f"{part}: {_printable(str(error))}")
        progress.advance()

    with crew_of("codepref.evaluation.evalplus.ground_truth") as crew:
        crew.run(items, read)
    return {key: ({"broken": e["broken"]} if "broken" in e else e) for key, e in manifest.items()}


def _item(task: dict[str, Any], part: str, folder: Path) -> Item:
    wanted = ("task_id", "prompt", "canonical_solution", "entry_point", f"{part}_input")
    message = {"task": {name: task[name] for name in wanted}, "part": part}
    path = part_file(folder, task["task_id"], part)
    return Item(message, lambda: os.open(path, _WRITE_NEW, 0o600))


def _full(folder: Path) -> bool:
    space = os.statvfs(folder)
    return space.f_bavail * space.f_frsize < LONGEST_PART


def _checked(path: Path, answer: Answer) -> dict[str, Any]:
    """Return a part's entry in the manifest.

    Raises:
        ValueError: says why there is no such part.
    """
    if answer.found is None:
        raise ValueError("the process that ran it was killed")
    if answer.found["trouble"]:
        raise ValueError(answer.found["trouble"])
    truth = read_part(path)
    seconds = round(sum(truth.seconds), 6)
    return {"inputs": len(truth.inputs), "seconds": seconds, "bytes": path.stat().st_size}


def _printable(text: str) -> str:
    """Return what foreign code said as one short line."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:_LONGEST_REASON]
