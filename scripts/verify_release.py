"""Check a release with Python's standard library alone: every file's hash, every recorded link.

A release (docs/reviewer.md) holds packed folders (*.tar.xz), the tables for reading, and hashes of
both in MANIFEST.sha256; the packed folders bring a list of their own. Each record of a run says
from which files with which hashes a file was made: those links are followed, too. Exit status 2:
there are faults, one line each.
"""

import argparse
import hashlib
import json
import lzma
import os
import shutil
import stat
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

MANIFEST = "MANIFEST.sha256"
RECORDS = "provenance"
MARK = f"{RECORDS}/layout.json"
MODELS = ("models", "checkpoints")
WITHOUT_RECORD = (RECORDS, "usage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("release", type=Path, help="folder of make_release.py, packed or unpacked")
    parser.add_argument(
        "--unpack", type=Path, metavar="FOLDER", help="keep it unpacked, if faultless"
    )
    parser.add_argument("--quiet", action="store_true", help="say nothing of a faultless release")
    arguments = parser.parse_args()
    place = arguments.unpack and arguments.unpack.parent
    if arguments.unpack and arguments.unpack.exists():
        stop([f"{arguments.unpack}: is there already; name a new folder"])
    if place:
        place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".release.", dir=place) as name:
        unpacked = Path(name) / "release"
        files, links = check(arguments.release, unpacked)
        if arguments.unpack:
            unpacked.rename(arguments.unpack)
    if not arguments.quiet:
        print(f"{arguments.release}: {files} files are as released, {links} recorded links hold")


def stop(faults: list[str]) -> None:
    """Print the faults and end."""
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    sys.exit(2)


def stop_if(faults: Iterable[str]) -> None:
    """Print the faults and end, if there are any."""
    found = list(faults)
    if found:
        stop(found)


def check(release: Path, unpacked: Path) -> tuple[int, int]:
    """Check a release, and put it unpacked at ``unpacked``; return its files and links.

    The first kind of fault ends it: links of changed files would only repeat what their hashes say.
    """
    if not (release / MANIFEST).is_file():
        stop([f"{release}: no {MANIFEST} there, so it is no release; make one with make release"])
    stop_if(changed(release))
    packed = sorted(release.glob("*.tar.xz"))
    if packed:
        stop_if(fault for archive in packed for fault in unpack(archive, unpacked))
        if not (unpacked / MANIFEST).is_file():
            stop([f"{release}: its packed folders hold no {MANIFEST}; an archive is missing"])
        stop_if(changed(unpacked))
    else:
        shutil.copytree(release, unpacked)
    runs = sorted(mark.parents[1] for mark in unpacked.glob(f"*/*/{MARK}"))
    if not runs:
        stop([f"{release}: holds no run with a {MARK}; made by an older version of this project?"])
    links = 0
    for run in runs:
        checked = Links(run, unpacked)
        stop_if(checked.faults())
        links += checked.followed
    return len(listed(unpacked)[0]), links


def unpack(archive: Path, folder: Path) -> Iterator[str]:
    """Unpack an archive; yield what is wrong with it. Nothing but plain files below is written."""
    name = ""
    try:
        with tarfile.open(archive, "r:xz") as tar:
            for member in tar:
                name = member.name
                parts = PurePosixPath(name).parts
                if not member.isfile() or not parts or parts[0] == "/" or ".." in parts:
                    yield f"{archive}: {name!r} is no plain file below the release"
                    continue
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None
                with source, target.open("xb") as stream:
                    shutil.copyfileobj(source, stream)
    except (tarfile.TarError, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        yield f"{archive}: cannot be unpacked, at {name!r} ({error})"


def listed(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Return the hashes that a folder's manifest lists by name, and its malformed lines."""
    hashes: dict[str, str] = {}
    faults = []
    lines = (folder / MANIFEST).read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1] if lines[-1] == b"" else lines, start=1):
        digest, separator, name = os.fsdecode(line).partition("  ")
        if len(digest) != 64 or not separator:
            faults.append(f"{MANIFEST}:{number}: not a line of sha256sum")
        elif name in hashes:
            faults.append(f"{MANIFEST}:{number}: {name} is listed twice")
        else:
            hashes[name] = digest
    return hashes, faults


def changed(folder: Path) -> list[str]:
    """Return what of a folder is not as its manifest lists it."""
    hashes, faults = listed(folder)
    present, others = files_of(folder)
    faults += [f"{name} is a link, or no plain file; a release has none" for name in others]
    for name, digest in hashes.items():
        if name not in present:
            faults += [] if name in others else [f"{name} is missing from the release"]
        elif sha256(folder / name) != digest:
            faults.append(f"{name} is not what was released: its hash differs from {MANIFEST}")
    extra = sorted(present - hashes.keys() - {MANIFEST})
    return faults + [f"{name} is in the release but not in {MANIFEST}" for name in extra]


def files_of(folder: Path) -> tuple[set[str], list[str]]:
    """Return the plain files below a folder, and all else that is no folder."""
    plain, others = set(), []
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(place, name)
            inside = path.relative_to(folder).as_posix()
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                plain.add(inside)
            elif not stat.S_ISDIR(mode):
                others.append(inside)
    return plain, sorted(others)


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Links:
    """What the records of a run say its files were made from, beside the files that are there."""

    def __init__(self, run: Path, root: Path) -> None:
        self.run, self.root = run, root
        self.name = run.relative_to(root).as_posix()
        self.followed = 0

    def faults(self) -> Iterator[str]:
        """Yield what is wrong: a record, a file without one, a file that is not as recorded."""
        records: dict[str, dict[str, Any]] = {}
        for file in sorted((self.run / RECORDS).rglob("*.json")):
            if file == self.run / MARK:
                continue
            inside = file.relative_to(self.run / RECORDS).as_posix().removesuffix(".json")
            path = f"{self.name}/{inside}"
            try:
                records[path] = read_record(file, path)
            except (ValueError, LookupError, TypeError) as error:
                yield f"{file.relative_to(self.root)}: not a record of {path} ({error})"
        yield from self._unrecorded(records)
        for path, record in records.items():
            yield from self._changed(path, record["output"])
            for item in record["inputs"]:
                yield from self._broken(path, item, records)

    def _unrecorded(self, records: Mapping[str, object]) -> Iterator[str]:
        for inside in sorted(files_of(self.run)[0]):
            path = PurePosixPath(inside)
            known = any(f"{self.name}/{place}" in records for place in (path, *path.parents))
            of_model = path.parts[0] in MODELS and path.name == "source.json"
            if path.parts[0] not in WITHOUT_RECORD and not known and not of_model:
                yield f"{self.name}/{inside}: no record says how it was made"

    def _changed(self, path: str, output: Mapping[str, Any]) -> Iterator[str]:
        """Yield how a file differs from what its record says was made.

        Folders of models, and figures as PNG, are not released.
        """
        if path.endswith(".png") or PurePosixPath(path).relative_to(self.name).parts[0] in MODELS:
            return
        file = self.root / path
        if not file.is_file():
            yield f"broken link: {path} is missing; its record says that it was made"
        elif (found := sha256(file)) != output["sha256"]:
            yield (
                f"broken link: {path} changed after it was made: its record says "
                f"{output['sha256'][:16]}, it is {found[:16]}"
            )

    def _broken(
        self, path: str, item: Mapping[str, str], records: Mapping[str, dict[str, Any]]
    ) -> Iterator[str]:
        """Yield whether something was made from other than what is there now.

        What lies outside of the run was given, and need not be released.
        """
        source = item["path"]
        if source in records:
            found = str(records[source]["output"]["sha256"])
        elif source.startswith(f"{self.name}/"):
            yield f"broken link: {path} was made from {source}, which is missing or has no record"
            return
        elif (self.root / source).is_file():
            found = sha256(self.root / source)
        else:
            return
        self.followed += 1
        if found != item["sha256"]:
            yield (
                f"broken link: {path} was made from another {source}: then {item['sha256'][:16]}, "
                f"now {found[:16]}"
            )


def read_record(file: Path, path: str) -> dict[str, Any]:
    """Return the record of a path.

    Raises:
        ValueError, LookupError, TypeError: it is none, or it is of another path.
    """
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    output = record["output"]
    if output["path"] != path:
        raise ValueError(f"it is of {output['path']}")
    for item in (output, *record["inputs"]):
        for key in ("path", "sha256"):
            if not isinstance(item[key], str):
                raise TypeError(f"{key}: expected text")
    return record


if __name__ == "__main__":
    main()
