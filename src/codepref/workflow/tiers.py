"""Entering a run part-way: from released samples, pairs, checkpoints or verdicts.

A tier is everything up to a stage. Its files and their records are copied from a release into a
run's folder, with times in the order of the stages, so that the workflow finds them newer than what
they were made from and goes on from there.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from codepref.errors import UserError
from codepref.provenance.record import FOLDER, mark_layout, released_run

# In the order of making; each names files and folders of a run.
STAGES: dict[str, tuple[str, ...]] = {
    # Problems are decontaminated against benchmarks; some were written by a model.
    "problems": ("benchmarks/data", "synthesis", "problems"),
    "models": ("models",),
    "samples": ("samples",),
    "executions": ("executions",),
    "pairs": ("pairs",),
    "checkpoints": ("references", "checkpoints", "training"),
    "verdicts": ("benchmarks", "rewards"),  # all that models are needed for
}
TIERS = ("samples", "pairs", "checkpoints", "verdicts")
SNAKEMAKE_MARK = ".snakemake_timestamp"


def enter(release: Path, run: Path, tier: str, checkpoints: Path | None = None) -> list[Path]:
    """Copy a tier of a release into ``run``; return the files copied.

    Models that lie in ``run`` already are kept (a release ships none).

    Args:
        release: the folder of a release (it holds ``results/<run>``).
        run: where to; must not hold results of these stages yet.
        tier: one of ``TIERS``.
        checkpoints: trained models, as ``<model>/<method>/seed<n>``, for the tier 'checkpoints'.

    Raises:
        UserError: the release is incomplete, models are missing, ``run`` is in use, or an older
            version of this project made one of them.
    """
    source = released_run(release)
    if tier == "checkpoints" and checkpoints is None:
        raise UserError(
            "releases ship no models: name a folder of checkpoints with --checkpoints, or enter at "
            "'pairs' (trains them) or 'verdicts' (needs none)"
        )
    if tier != "verdicts" and not any(run.glob("models/*/*")):
        raise UserError(
            f"{run}/models: the models are missing and no release ships them; fetch them first: "
            f"snakemake --cores all [--configfile ...] {run}/models/<model>"
        )
    names = list(STAGES)[: list(STAGES).index(tier) + 1]
    run.mkdir(parents=True, exist_ok=True)
    mark_layout(run)
    _check_unused(run, names)
    copied = []
    for name in names:
        for folder in STAGES[name]:
            outside = checkpoints if folder == "checkpoints" else None
            copied += _copy_stage(source, run, folder, outside, name in ("problems", "models"))
    _order(run, names)
    return copied


def _check_unused(run: Path, names: list[str]) -> None:
    for name in names:
        for folder in STAGES[name]:
            place = run / folder
            if name not in ("problems", "models") and any(place.rglob("*")):
                raise UserError(f"{place} is not empty; choose another run name or remove it")


def _copy_stage(
    source: Path, run: Path, folder: str, outside: Path | None, keep: bool
) -> list[Path]:
    """Copy a folder of a run and its records; ``outside``: from there instead of the release."""
    from_folder = outside or source / folder
    if folder in ("references", "training", "rewards") and not from_folder.is_dir():
        return []  # a run without training, or without DPO, has none
    if not from_folder.is_dir():
        raise UserError(f"{from_folder}: no such folder; the release is incomplete")
    copied = [*_copy(from_folder, run / folder, keep)]
    return [*copied, *_copy(source / FOLDER / folder, run / FOLDER / folder, keep)]


def _copy(source: Path, target: Path, keep: bool) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        place = target / path.relative_to(source)
        if not path.is_file() or (keep and place.exists()):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        yield place


def _order(run: Path, names: list[str]) -> None:
    """Give everything times in the order of making, two seconds apart, ending now."""
    steps: list[list[Path]] = []
    for folder in (folder for name in names for folder in STAGES[name]):
        made = [path for path in sorted((run / folder).rglob("*")) if path.is_file()]
        if folder in ("models", "checkpoints"):
            made += _marks(run / folder, made, depth=1 if folder == "models" else 3)
        by_step = [(_step(folder, path.relative_to(run / folder)), path) for path in made]
        steps += [[path for step, path in by_step if step == number] for number in range(3)]
    start = time.time() - 2 * len(steps)
    for number, paths in enumerate(steps):
        for path in paths:
            os.utime(path, (start + 2 * number,) * 2)


def _step(folder: str, inside: Path) -> int | None:
    """Return at which step of its stage a file was made, from 0; None: in another stage."""
    if folder == "problems":  # sources, all of them, shards
        merged = inside.name.startswith(("all.", "report."))
        return 2 if inside.parts[0] == "shards" else int(merged)
    if folder == "benchmarks":  # answers, verdicts
        own = inside.parts[0] != "data"
        return int(not inside.name.endswith((".samples.jsonl", ".sampled.jsonl"))) if own else None
    if folder in ("samples", "executions", "pairs"):  # shards, all of them
        return int(len(inside.parts) == 1)
    return 0


def _marks(folder: Path, made: list[Path], depth: int) -> list[Path]:
    """Make the files by which Snakemake tells how old the folders at this depth are.

    A folder is ``<model>``, or ``<model>/<method>/seed<n>``.
    """
    roots = {path.relative_to(folder).parts[:depth] for path in made}
    marks = [folder.joinpath(*root, SNAKEMAKE_MARK) for root in roots if len(root) == depth]
    for mark in marks:
        mark.touch()
    return marks
