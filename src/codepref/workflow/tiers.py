"""Entering a run part-way: from released samples, pairs, checkpoints or verdicts.

A tier is everything up to a stage. Its files and their records are copied from a release into a
run's folder, with times in the order of the stages, so that the workflow finds them newer than what
they were made from and goes on from there. Without checkpoints a tier holds the first round alone:
later rounds sample from what is trained anew. What a run had not made, or deleted after use, is not
there.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from codepref.config import Config
from codepref.config_rounds import round_of, round_of_row
from codepref.errors import UserError
from codepref.files import SNAKEMAKE_MARK, files_in, read_record, sha256_of
from codepref.provenance.record import FOLDER, Provenance, mark_layout, released_run
from codepref.tables.inputs import read_config

# In the order of making; each names files and folders of a run.
STAGES: dict[str, tuple[str, ...]] = {
    # Problems are decontaminated against benchmarks; some were written by a model.
    "problems": ("benchmarks/data", "benchmarks/windows", "synthesis", "problems"),
    "models": ("models",),
    "samples": ("samples",),
    "executions": ("executions",),
    "pairs": ("pairs", "rated"),
    "checkpoints": ("references", "checkpoints", "training"),
    "verdicts": ("benchmarks", "rewards"),  # all that models are needed for
}
TIERS = ("samples", "pairs", "checkpoints", "verdicts")


def enter(release: Path, run: Path, tier: str, checkpoints: Path | None = None) -> list[Path]:
    """Copy a tier of a release into ``run``; return the files copied.

    Models that lie in ``run`` already are kept (a release ships none).

    Args:
        release: the folder of a release, unpacked (it holds ``results/<run>``).
        run: where to; must not hold results of these stages yet.
        tier: one of ``TIERS``.
        checkpoints: trained models, as ``<model>/<method>/seed<n>``, for the tier 'checkpoints'.

    Raises:
        UserError: the release is incomplete, models are missing, ``run`` is in use, or an older
            version of this project made one of them; checkpoints, or problems in the run, are not
            those of the release.
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
    of_tier = checkpoints if tier == "checkpoints" and checkpoints else source / STAGES[tier][0]
    if not of_tier.is_dir():
        raise UserError(f"{of_tier}: no such folder; the release does not reach the tier '{tier}'")
    if checkpoints is not None and tier == "checkpoints":
        _check_checkpoints(source, checkpoints)
    names = list(STAGES)[: list(STAGES).index(tier) + 1]
    if run.exists() and not run.is_dir():
        raise UserError(f"{run}: is a file; expected the folder of a run")
    run.mkdir(parents=True, exist_ok=True)
    mark_layout(run)
    _check_unused(run, names)
    _check_kept(source / "problems", run / "problems")
    config = read_config(source / "config.json")
    copied = []
    for name in names:
        for folder in STAGES[name]:
            outside = checkpoints if folder == "checkpoints" else None
            keep, wanted = name in ("problems", "models"), _wanted(config, names, folder)
            copied += _copy_stage(source, run, folder, outside, keep, wanted)
    _order(run, names, config)
    return copied


def _check_checkpoints(source: Path, checkpoints: Path) -> None:
    """Refuse trained models that are not those of the release."""
    records = source / FOLDER / "checkpoints"
    for record in sorted(records.glob("*/*/seed*.json")):
        folder = checkpoints / record.relative_to(records).with_suffix("")
        if not folder.is_dir():
            raise UserError(
                f"{folder}: no such folder; --checkpoints has <model>/<method>/seed<n> of each row "
                "of the release"
            )
        if sha256_of(folder) != read_record(record, Provenance).output.sha256:
            raise UserError(
                f"{folder}: not the checkpoint of the release (its files have other hashes); fetch "
                "it again, or enter at 'pairs', which trains"
            )


def _check_kept(source: Path, target: Path) -> None:
    """Refuse problems in the run that are not those of the release: they would be kept."""
    for path in files_in(target):
        released = source / path.relative_to(target)
        if released.is_file() and sha256_of(released) != sha256_of(path):
            raise UserError(
                f"{path}: not the file of the release; remove it, or choose another run name"
            )


def _check_unused(run: Path, names: list[str]) -> None:
    for name in names:
        for folder in STAGES[name]:
            place = run / folder
            if name not in ("problems", "models") and any(place.rglob("*")):
                raise UserError(f"{place} is not empty; choose another run name or remove it")


def _copy_stage(
    source: Path,
    run: Path,
    folder: str,
    outside: Path | None,
    keep: bool,
    wanted: Callable[[Path], bool],
) -> list[Path]:
    """Copy a folder of a run and its records; ``outside``: from there instead of the release."""
    from_folder = outside or source / folder
    copied = [*_copy(from_folder, run / folder, keep, wanted)]
    return [*copied, *_copy(source / FOLDER / folder, run / FOLDER / folder, keep, wanted)]


def _copy(source: Path, target: Path, keep: bool, wanted: Callable[[Path], bool]) -> Iterator[Path]:
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        place = target / inside
        if not path.is_file() or (keep and place.exists()) or not wanted(inside):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_name(f".{place.name}.tmp")
        try:
            shutil.copyfile(path, temporary)
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)
        yield place


def _wanted(config: Config, names: list[str], folder: str) -> Callable[[Path], bool]:
    """Return which files of a stage's folder a tier holds."""
    return lambda inside: "checkpoints" in names or _round(config, folder, inside) == 0


def _order(run: Path, names: list[str], config: Config) -> None:
    """Give everything times in the order of making, two seconds apart, ending now."""
    places: dict[tuple[int, int, int], list[Path]] = {}
    folders = [folder for name in names for folder in STAGES[name]]
    for number, folder in enumerate(folders):
        made = [path for path in sorted((run / folder).rglob("*")) if path.is_file()]
        if folder in ("models", "checkpoints"):
            made += _marks(run / folder, made, depth=1 if folder == "models" else 3)
        last = folder in STAGES["verdicts"] and folder != "benchmarks/data"
        for path in made:
            inside = path.relative_to(run / folder)
            step = _step(folder, inside)
            if step is not None:
                of_round = len(config.methods) if last else _round(config, folder, inside)
                places.setdefault((of_round, number, step), []).append(path)
    start = time.time() - 2 * len(places)
    for position, key in enumerate(sorted(places)):
        for path in places[key]:
            os.utime(path, (start + 2 * position,) * 2)


def _round(config: Config, folder: str, inside: Path) -> int:
    """Return after how many trainings a file of a stage is made (``config_rounds.round_of``)."""
    first, second = _named(config.models, inside, 0), _named(config.methods, inside, 1)
    if folder in ("checkpoints", "training", "pairs") and first and second:
        return round_of_row(config, first, second)  # of pairs: a part of them, for a row
    if folder not in ("samples", "executions", "pairs", "references"):
        return 0
    scored = _named(config.models, inside, 1) if folder == "references" else None
    return max(round_of(config, name) if name else 0 for name in (first, scored))


def _named(known: Iterable[str], inside: Path, place: int) -> str | None:
    """Return the entry that a part of a path is named after; None: an older configuration's."""
    part = f"{inside.parts[place]}." if len(inside.parts) > place else ""
    return max((name for name in known if part.startswith(f"{name}.")), key=len, default=None)


def _step(folder: str, inside: Path) -> int | None:
    """Return at which step of its stage a file was made, from 0; None: in another stage."""
    if folder == "problems":
        return _problem_step(inside)
    if folder == "benchmarks":  # answers, verdicts
        own = inside.parts[0] not in ("data", "windows")
        return int(not inside.name.endswith((".samples.jsonl", ".sampled.jsonl"))) if own else None
    if folder in ("samples", "executions", "pairs"):  # shards, all of them
        return int(len(inside.parts) == 1)
    return 0


def _problem_step(inside: Path) -> int:
    """Sources, merged, the pilot's samples and verdicts, all that are sampled, shards."""
    if inside.parts[0] == "shards":
        return 5
    if inside.parts[0] == "pilot" and inside.name != "selection.json":
        return 2 if inside.name == "samples.jsonl" else 3
    if inside.name.startswith(("all.", "selection.")):
        return 4
    return int(inside.name.startswith(("candidates.", "report.")))


def _marks(folder: Path, made: list[Path], depth: int) -> list[Path]:
    """Make the files by which Snakemake tells how old the folders at this depth are.

    A folder is ``<model>``, or ``<model>/<method>/seed<n>``.
    """
    roots = {path.relative_to(folder).parts[:depth] for path in made}
    marks = [folder.joinpath(*root, SNAKEMAKE_MARK) for root in roots if len(root) == depth]
    for mark in marks:
        mark.touch()
    return marks
