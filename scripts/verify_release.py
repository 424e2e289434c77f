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
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MANIFEST = "MANIFEST.sha256"
MARK = "provenance/layout.json"


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


def check(release: Path, unpacked: Path) -> tuple[int, int]:
    """Check a release, and put it unpacked at ``unpacked``; return its files and links.

    The first kind of fault ends it: links of changed files would only repeat what their hashes say.
    """
    if not (release / MANIFEST).is_file():
        stop([f"{release}: no {MANIFEST} there, so it is no release; make one with make release"])
    stop_if(changed(release))
    packed = sorted(release.glob("*.tar.xz"))
    if packed:
        stop_if([fault for archive in packed for fault in unpack(archive, unpacked)])
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
        count, faults = broken(run, unpacked)
        stop_if(faults)
        links += count
    return len(listed(unpacked)[0]), links


def stop_if(faults: list[str]) -> None:
    """Print the faults and end, if there are any."""
    if faults:
        stop(faults)


def unpack(archive: Path, folder: Path) -> Iterator[str]:
    """Unpack an archive; yield what is wrong with it. Nothing but plain files below is written."""
    try:
        with tarfile.open(archive, "r:xz") as tar:
            for member in tar:
                name = PurePosixPath(member.name)
                if not member.isfile() or name.is_absolute() or ".." in name.parts:
                    yield f"{archive}: {member.name} is no plain file below the release"
                    continue
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None
                with source, target.open("wb") as stream:
                    shutil.copyfileobj(source, stream)
    except (tarfile.TarError, lzma.LZMAError, EOFError) as error:
        yield f"{archive}: cannot be unpacked ({error})"


def listed(folder: Path) -> tuple[dict[str, str], list[str]]:
    """Return the hashes that a folder's manifest lists by name, and its malformed lines."""
    hashes, faults = {}, []
    lines = (folder / MANIFEST).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        digest, separator, name = line.partition("  ")
        if len(digest) == 64 and separator:
            hashes[name] = digest
        else:
            faults.append(f"{MANIFEST}:{number}: not a line of sha256sum")
    return hashes, faults


def changed(folder: Path) -> list[str]:
    """Return what of a folder is not as its manifest lists it."""
    hashes, faults = listed(folder)
    for name, digest in hashes.items():
        if not (folder / name).is_file():
            faults.append(f"{name} is missing from the release")
        elif sha256(folder / name) != digest:
            faults.append(f"{name} is not what was released: its hash differs from {MANIFEST}")
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    extra = sorted(present - hashes.keys() - {MANIFEST})
    return faults + [f"{name} is in the release but not in {MANIFEST}" for name in extra]


def sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def broken(run: Path, root: Path) -> tuple[int, list[str]]:
    """Return how many links of a run's records were followed, and those that are broken."""
    records = {}
    for file in sorted((run / "provenance").rglob("*.json")):
        if file != run / MARK:
            record = json.loads(file.read_text(encoding="utf-8"))
            records[record["output"]["path"]] = record
    links, faults = 0, []
    for path, record in records.items():
        faults += not_made(path, record["output"], root)
        for item in record["inputs"]:
            found = now(item["path"], records, root)
            links += found is not None
            if found not in (None, item["sha256"]):
                faults.append(
                    f"broken link: {path} was made from another {item['path']}: then "
                    f"{item['sha256'][:16]}, now {found[:16]}"
                )
    return links, faults


def not_made(path: str, output: dict, root: Path) -> list[str]:
    """Return how a file differs from what its record says was made.

    Folders of models, and figures as PNG, are not released.
    """
    if output["files"] or path.endswith(".png"):
        return []
    if not (root / path).is_file():
        return [f"broken link: {path} is missing; its record says that it was made"]
    found = sha256(root / path)
    if found == output["sha256"]:
        return []
    return [
        f"broken link: {path} changed after it was made: its record says "
        f"{output['sha256'][:16]}, it is {found[:16]}"
    ]


def now(path: str, records: dict[str, dict], root: Path) -> str | None:
    """Return the hash of what a file was made from; None: it was given, and is not released."""
    if path in records:
        return str(records[path]["output"]["sha256"])
    return sha256(root / path) if (root / path).is_file() else None


if __name__ == "__main__":
    main()
