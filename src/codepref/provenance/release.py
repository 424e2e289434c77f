"""A run bundled for reviewers and archives: everything but models, a manifest, a RO-Crate.

The bundle keeps the run's paths (``results/<run>/...``), so that ``scripts/trace.py`` and the
workflow work in it as they do in the project. ``MANIFEST.sha256`` is in the format of
``sha256sum``. ``ro-crate-metadata.json`` follows the Process Run Crate profile of Workflow Run
RO-Crate: one action per command, with its inputs, outputs, times and software.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import (
    read_json,
    read_record,
    read_text,
    read_yaml,
    sha256_of,
    whole_folder,
    write_json,
    write_text,
)
from codepref.provenance.links import Checker
from codepref.provenance.record import ROOT, Provenance, check_layout, records_in, released_run
from codepref.provenance.trace import verify
from codepref.tables.paper import PaperTables

MANIFEST = "MANIFEST.sha256"
CRATE = "ro-crate-metadata.json"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
WEIGHTS = (".safetensors", ".bin", ".gguf", ".pt", ".pth")
OF_MODELS = ("training.json", "training_log.jsonl", "source.json")
LEFT_OUT = ("work", "logs", "usage")
PROJECT_FILES = (
    *("README.md", "LICENSE", "CITATION.cff", "CHANGELOG.md", "docs/reviewer.md"),
    "config.yaml",
    *(f"paper/{name}.yaml" for name in ("tables", "claims", "others")),
)


def release_files(run: Path) -> Iterator[Path]:
    """Yield the files of a run that a release holds: all but weights, logs and resumable state.

    Of a model folder only the training's record and log are kept: tokenizers and configurations
    come with the weights.
    """
    for path in sorted(run.rglob("*")):
        inside = path.relative_to(run)
        if not path.is_file() or inside.parts[0] in LEFT_OUT or path.name.startswith("."):
            continue
        in_model = inside.parts[0] in ("models", "checkpoints")
        if path.name in OF_MODELS if in_model else path.suffix not in WEIGHTS:
            yield path


def make_release(run: Path, config: Config, output: Path) -> int:
    """Write the bundle of a run as a folder; return how many files it holds.

    Raises:
        UserError: the run is not finished, an older version of this project made it, or a link
            behind its tables is broken.
    """
    check_layout(run)
    tables = tables_of(run)
    verify(Checker(without_checkpoints=not config.keep_checkpoints), tables)
    files = list(release_files(run))
    with whole_folder(output) as folder:
        for source in files:
            target = folder / source
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
        for name in PROJECT_FILES:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        write_crate(folder, run, config)
        members = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in members]
        write_text(folder / MANIFEST, "".join(lines))
    return len(members) + 1


def tables_of(run: Path) -> list[Path]:
    """Return the files of all tables.

    Raises:
        UserError: there are none.
    """
    found = sorted(run.glob("tables/*.*"))
    if not found:
        raise UserError(f"{run}/tables: no tables; run the workflow first")
    return found


def verify_release(folder: Path) -> tuple[int, int]:
    """Check a bundle: its manifest, then every link behind its tables; return both counts.

    Raises:
        UserError: a file is missing, changed or not listed, or a link is broken (names the file);
            or an older version of this project made the release.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise UserError(f"{manifest}: no such file; is {folder} a release?")
    listed = {}
    for number, line in enumerate(read_text(manifest).splitlines(), start=1):
        digest, separator, name = line.partition("  ")
        if len(digest) != 64 or not separator:
            raise UserError(f"{manifest}:{number}: not a line of sha256sum")
        listed[name] = digest
    for name, digest in listed.items():
        path = folder / name
        if not path.is_file():
            raise UserError(f"{name} is missing from the release")
        if sha256_of(path) != digest:
            raise UserError(f"{name} is not what was released: its hash differs from {MANIFEST}")
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    extra = sorted(present - set(listed) - {MANIFEST})
    if extra:
        raise UserError(f"{extra[0]} is in the release but not in {MANIFEST}")
    checker = Checker(root=folder, without_models=True)
    tables = [path.relative_to(folder) for path in tables_of(released_run(folder))]
    return len(listed), verify(checker, tables)


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
