"""Entering a run part-way: from released samples, pairs, checkpoints or verdicts.

A tier is everything up to a stage. Its files are copied from a release into a run's folder, with
times in the order of the stages, so that the workflow finds them newer than what they were made
from and goes on from there.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from codepref.errors import UserError
from codepref.provenance.record import SUFFIX

# In the order of making; each names files and folders of a run.
STAGES: dict[str, tuple[str, ...]] = {
    "problems": ("benchmarks/data", "problems"),  # problems are decontaminated against benchmarks
    "models": ("models",),
    "samples": ("samples",),
    "executions": ("executions",),
    "pairs": ("pairs",),
    "checkpoints": ("checkpoints", "training"),
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
        UserError: the release is incomplete, models are missing, or ``run`` is in use.
    """
    source = next(iter(sorted(release.glob("results/*"))), None)
    if source is None:
        raise UserError(f"{release}: no results/<run> in it; is it a release?")
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
    in_use = [
        path
        for name in names
        for folder in STAGES[name]
        for path in [run / folder]
        if name not in ("problems", "models") and any(path.rglob("*"))
    ]
    if in_use:
        raise UserError(f"{in_use[0]} is not empty; choose another run name or remove it")
    copied = []
    for name in names:
        for folder in STAGES[name]:
            from_folder = source / folder
            if folder == "checkpoints" and checkpoints is not None:
                from_folder = checkpoints
            if folder in ("training", "rewards") and not from_folder.is_dir():
                continue  # a run without training, or without DPO, has none
            if not from_folder.is_dir():
                raise UserError(f"{from_folder}: no such folder; the release is incomplete")
            copied += list(_copy(from_folder, run / folder, keep=name in ("problems", "models")))
    _order(run, names)
    return copied


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
    steps = list(_steps(run, names))
    start = time.time() - 2 * len(steps)
    for number, paths in enumerate(steps):
        for path in paths:
            os.utime(path, (start + 2 * number,) * 2)


def _steps(run: Path, names: list[str]) -> Iterator[list[Path]]:
    """Yield files that were made at the same step, from the first step to the last."""
    for name in names:
        for folder in STAGES[name]:
            files = [path for path in sorted((run / folder).rglob("*")) if path.is_file()]
            made = [path for path in files if not path.name.endswith(SUFFIX)]
            if folder in ("models", "checkpoints"):
                depth = 1 if folder == "models" else 3  # <model>, or <model>/<method>/seed<n>
                roots = {p.relative_to(run / folder).parts[:depth] for p in made}
                for root in sorted(parts for parts in roots if len(parts) == depth):
                    mark = (run / folder).joinpath(*root) / SNAKEMAKE_MARK
                    mark.touch()  # by which Snakemake tells how old a folder is
                    made.append(mark)
                yield made
            elif folder == "benchmarks":
                answers = [path for path in made if path.name.endswith(".samples.jsonl")]
                data = [path for path in made if (run / "benchmarks/data") in path.parents]
                yield answers
                yield [path for path in made if path not in answers and path not in data]
            elif folder == "problems":
                merged = [p for p in made if p.name.startswith(("all.", "report."))]
                yield [path for path in made if path not in merged]
                yield merged
            elif folder in ("benchmarks/data", "training", "rewards"):
                yield made
            else:
                shards = [path for path in made if path.parent != run / folder]
                yield shards
                yield [path for path in made if path not in shards]
