"""A run bundled for reviewers and archives: everything but models, and its tables for reading.

A release is a folder. Each folder of the run is packed into a file of its own
(``samples.tar.xz``); ``run.tar.xz`` has what is left, with ``MANIFEST.sha256`` in the format of
``sha256sum`` and ``ro-crate-metadata.json``, which follows the Process Run Crate profile of
Workflow Run RO-Crate: one action per command, with its inputs, outputs, times and software. The
same files are packed to the same bytes, so a release that grows with its run changes only where the
run did.
Unpacked, the run's paths (``results/<run>/...``) are kept, so that ``scripts/trace.py`` and the
workflow work there as they do in the project.

Beside the packed files lie the tables, figures and claims, plainly: to read, and to compare with
(``make tables``). A ``MANIFEST.sha256`` lists it all.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import (
    read_json,
    read_record,
    read_yaml,
    sha256_of,
    whole_folder,
    write_json,
    write_text,
)
from codepref.provenance.links import Checker
from codepref.provenance.record import (
    FOLDER,
    MARK,
    ROOT,
    Provenance,
    check_layout,
    records_in,
    sidecar,
)
from codepref.provenance.trace import verify
from codepref.tables.paper import PaperTables

MANIFEST = "MANIFEST.sha256"
CRATE = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
WEIGHTS = (".safetensors", ".bin", ".gguf", ".pt", ".pth")
LARGE = (*WEIGHTS, ".png")  # figures are there as SVG and PDF
OF_MODELS = ("training.json", "training_log.jsonl", "source.json")
LEFT_OUT = ("work", "logs", "snakemake-report.html")  # the last repeats figures and tables
WITHOUT_RECORD = (FOLDER, "usage")
READ = ("figures/*.*", "claims.*", "own_claims.*", "report.html", "problems/*.*")
"""what is read of a run beside its tables; all else is behind these, or another configuration's"""
COMPARED = ("tables/*", "figures/*.svg", "claims.*", "own_claims.*")
"""what is read of a run, and is the same bytes each time it is made"""
PROJECT_FILES = (
    *("README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md", "docs/reviewer.md"),
    "config.yaml",
    *(f"paper/{name}.yaml" for name in ("tables", "claims", "others")),
)


def release_files(run: Path) -> Iterator[Path]:
    """Yield the files of a run that a release holds.

    All but weights, PNG, logs, resumable state and Snakemake's own report. Of a model folder only
    the training's record and log are kept: tokenizers and configurations come with the weights.
    """
    for path in sorted(run.rglob("*")):
        inside = path.relative_to(run)
        if not path.is_file() or inside.parts[0] in LEFT_OUT or path.name.startswith("."):
            continue
        in_model = inside.parts[0] in ("models", "checkpoints")
        if path.name in OF_MODELS if in_model else path.suffix not in LARGE:
            yield path


def make_release(
    run: Path,
    config: Config,
    output: Path,
    partial: bool = False,
    leftovers: Collection[Path] = (),
) -> tuple[int, list[Path]]:
    """Write the bundle of a run as a folder; return how many files that holds, and those it lacks.

    It lacks what another configuration has left in the run's folder: nothing read is made from it,
    and its own links may be broken.

    Args:
        run: ``results/<run>``, from the current folder.
        config: the run's.
        output: the folder to make; one that is there is replaced.
        partial: of a run that goes on: what is finished, with no table yet.
        leftovers: tables and figures that are not this configuration's.

    Raises:
        UserError: the run is not finished, an older version of this project made it, a link behind
            its tables is broken, or something else than a release would be replaced.
    """
    check_layout(run)
    _check_places(run, output)
    every = list(release_files(run))
    shown = [path for path in compared(run) if run / path not in leftovers]
    if partial:
        files, shown = [path for path in every if _is_finished(path, run)], []
    else:
        others = {path for pattern in READ for path in run.glob(pattern)} - {*leftovers}
        read = [*tables_of(run, leftovers), *sorted(others)]
        checker = Checker(without_checkpoints=not config.keep_checkpoints)
        verify(checker, read)
        files = [path for path in every if _is_behind(path, run, checker.walked)]
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.name}.") as place:
        plain = Path(place)
        project = [Path(name) for name in PROJECT_FILES if (ROOT / name).is_file()]
        for base, path in chain(((Path(), path) for path in files), ((ROOT, p) for p in project)):
            (plain / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(base / path, plain / path)
        write_crate(plain, run, config)
        write_manifest(plain)
        with whole_folder(output) as folder:
            _pack(plain, run, folder)
            for path in shown:
                (folder / path).parent.mkdir(exist_ok=True)
                shutil.copyfile(run / path, folder / path)
            write_manifest(folder)
            _check(folder)
    return len(files), sorted({*every} - {*files})


def _check_places(run: Path, output: Path) -> None:
    """Refuse a run whose paths a release could not keep, and an output that holds anything else."""
    if run.is_absolute() or ".." in run.parts:
        raise UserError(
            f"{run}: expected a run below this folder, without '..': a release keeps its paths"
        )
    ours, place = run.resolve(), output.resolve()
    if place.is_relative_to(ours) or ours.is_relative_to(place):
        raise UserError(f"{output}: holds the run {run}, or lies in it; name another folder")
    if not output.exists() or (output.is_dir() and not any(output.iterdir())):
        return
    if not (output / MANIFEST).is_file() or not is_packed(output):
        raise UserError(
            f"{output}: is there already and is no release; name a new folder, or remove it"
        )


def _is_finished(path: Path, run: Path) -> bool:
    """Whether a file of a run that goes on is whole: its record is the last that a job writes."""
    inside = path.relative_to(run)
    places = [path, *path.parents[: len(inside.parts) - 1]]
    return inside.parts[0] in WITHOUT_RECORD or any(sidecar(place).is_file() for place in places)


def _is_behind(path: Path, run: Path, walked: Collection[Path]) -> bool:
    """Whether a file, or the one that it is the record of, is among those walked or in one.

    Or the job that made it made one of them, too, and no later job has.
    """
    inside = path.relative_to(run)
    if inside.parts[0] == "usage" or inside == Path(FOLDER, MARK):
        return True
    if inside.parts[0] == FOLDER:
        inside = inside.relative_to(FOLDER).with_name(inside.name.removesuffix(".json"))
    if any(run / place in walked for place in (inside, *inside.parents)):
        return True
    return any(
        one in walked and run / inside in _made_with(one) for one in _made_with(run / inside)
    )


def _made_with(path: Path) -> list[Path]:
    """Return what the job that made a file made, too; nothing of a file without a record."""
    record = sidecar(path)
    names = read_record(record, Provenance).made_together_with if record.is_file() else []
    return [Path(name) for name in names]


def compared(run: Path) -> list[Path]:
    """Return what is compared of a run, or of a release beside its packed files: paths inside."""
    return sorted(path.relative_to(run) for pattern in COMPARED for path in run.glob(pattern))


def write_manifest(folder: Path) -> None:
    """List all files of a folder with their hashes in its ``MANIFEST.sha256``."""
    members = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [
        f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n"
        for path in members
        if path != folder / MANIFEST
    ]
    write_text(folder / MANIFEST, "".join(lines))


def _pack(plain: Path, run: Path, output: Path) -> None:
    """Pack each folder of a run with its records into a file of its own."""
    groups: dict[str, list[Path]] = {}
    for path in sorted(path for path in plain.rglob("*") if path.is_file()):
        parts = path.relative_to(plain / run).parts if path.is_relative_to(plain / run) else ()
        parts = parts[1:] if parts[:1] == (FOLDER,) else parts
        groups.setdefault(parts[0] if len(parts) > 1 else "run", []).append(path)
    for name, paths in groups.items():
        with tarfile.open(output / f"{name}.tar.xz", "w:xz", preset=9) as tar:
            for path in paths:
                member = tarfile.TarInfo(path.relative_to(plain).as_posix())
                member.size = path.stat().st_size
                with path.open("rb") as stream:
                    tar.addfile(member, stream)


def _check(release: Path, *options: object) -> None:
    """Check a release with the script that needs nothing of this project.

    Raises:
        UserError: with all its faults.
    """
    command = [sys.executable, str(ROOT / "scripts/verify_release.py"), "--quiet"]
    done = subprocess.run(
        [*command, str(release), *map(str, options)], capture_output=True, text=True
    )
    if done.returncode:
        raise UserError(done.stderr.strip().removeprefix("error: "))


def is_packed(release: Path) -> bool:
    """Whether a release is as ``make_release`` makes it; otherwise someone unpacked it."""
    return any(release.glob("*.tar.xz"))


@contextmanager
def opened(release: Path) -> Iterator[Path]:
    """Give a folder with a release unpacked, as long as the block runs.

    Raises:
        UserError: it is no release, or not what was released: names all faults.
    """
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "release"
        _check(release, "--unpack", folder)
        yield folder


def tables_of(run: Path, leftovers: Collection[Path] = ()) -> list[Path]:
    """Return the files of all tables but those that another configuration has left.

    Raises:
        UserError: there are none.
    """
    found = sorted({*run.glob("tables/*.*")} - {*leftovers})
    if not found:
        raise UserError(f"{run}/tables: no tables; run the workflow first")
    return found


def write_crate(folder: Path, run: Path, config: Config) -> None:
    """Write the RO-Crate metadata of a bundle's files and of the commands that made them."""
    crate = ROCrate()
    paper = read_yaml(ROOT / "paper/tables.yaml", PaperTables).paper
    crate.name = f"Reproduction of “{paper.title}”, run {config.run}"
    crate.description = (
        "Results, samples, verdicts, pairs and provenance of one run of the reproduction pipeline; "
        "without model weights."
    )
    crate.license = "https://www.apache.org/licenses/LICENSE-2.0"
    profile = {"@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    article = {"@type": "ScholarlyArticle", "name": paper.title, "author": paper.authors}
    for link, entity in (("conformsTo", (PROFILE, profile)), ("citation", (paper.url, article))):
        crate.root_dataset[link] = crate.add(ContextEntity(crate, *entity))
    entities: dict[str, Any] = {}
    records: dict[tuple[str, ...], list[Provenance]] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == CRATE:
            continue
        name = path.relative_to(folder).as_posix()
        size = {"contentSize": str(path.stat().st_size), "sha256": sha256_of(path)}
        entities[name] = crate.add_file(path, name, properties={"name": path.name, **size})
    for path in records_in(folder / run):
        record = read_record(path, Provenance)
        job = (record.started, str(record.seconds), *record.command)
        records.setdefault(job, []).append(record)
    # Of the last job: a run that is released again has the same bytes.
    crate.root_dataset["datePublished"] = max(job[0] for job in records)
    for number, job in enumerate(sorted(records), start=1):
        _add_action(crate, entities, records[job], number)
    crate.metadata.write(folder)
    write_json(folder / CRATE, read_json(folder / CRATE))  # sorted: equal runs, equal files


def _add_action(
    crate: ROCrate, entities: dict[str, Any], records: list[Provenance], number: int
) -> None:
    first = records[0]
    script = first.command[0]
    tool_id = f"#{Path(script).name}"
    software = {
        "@type": "SoftwareApplication",
        "name": script,
        "softwareVersion": first.code.commit or first.code.source_sha256,
    }
    done = {
        "@type": "CreateAction",
        "name": " ".join(first.command)[:300],
        "startTime": first.started,
        "description": f"{first.seconds} s wall, {first.cpu_seconds} s CPU, "
        f"{first.gpu_seconds} s GPU, {first.peak_memory_mb} MiB",
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    action = crate.add(ContextEntity(crate, f"#action-{number}", done))
    action["instrument"] = crate.get(tool_id) or crate.add(ContextEntity(crate, tool_id, software))
    action["object"] = [_entity(crate, entities, item.path, item.sha256) for item in first.inputs]
    action["result"] = [
        _entity(crate, entities, record.output.path, record.output.sha256) for record in records
    ]
    crate.root_dataset.append_to("mentions", action)


def _entity(crate: ROCrate, entities: dict[str, Any], path: str, sha256: str) -> Any:
    """Return the entity of a file; of one that the bundle leaves out, a description."""
    if path not in entities:
        properties = {"@type": "CreativeWork", "name": path, "sha256": sha256}
        entities[path] = crate.add(ContextEntity(crate, f"#{path}", properties=properties))
    return entities[path]
