"""Which data file samples are graded on: a release of EvalPlus, or a file of one's own."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from codepref.errors import UserError
from codepref.evaluation import data
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.published.packed import gunzipped
from codepref.evaluation.published.releases import Release, known
from codepref.evaluation.settings import EvalPlusData
from codepref.evaluation.tasks import parse_tasks
from codepref.files import WRITTEN, read_bytes, write_whole

_ENDINGS = ("*.jsonl", "*.jsonl.gz")


@dataclass(frozen=True)
class DataFile:
    """A data file to grade on.

    Attributes:
        path: decompressed.
        version: EvalPlus's name for it; "unknown" if it is no release that is known.
        fits: versions whose tasks are nearest to the samples'.
    """

    path: Path
    version: str
    fits: list[str]


def data_file(
    dataset: str,
    task_ids: set[str],
    published_md5: str,
    version: str | None,
    place: Path | None,
    cache: Path,
) -> DataFile:
    """Return the data file to grade samples on.

    Args:
        dataset: which benchmark the samples are of.
        task_ids: their tasks.
        published_md5: of the data that published verdicts were made with, or empty.
        version: the wanted version; None: the one of the published verdicts, else the newest
            among those whose tasks are nearest to the samples'.
        place: a data file, or a folder with releases in it or in its folder ``evalplus``; None:
            EvalPlus's own cache or the network.
        cache: folder for a decompressed copy.

    Raises:
        UserError: it is not there, or cannot be fetched.
    """
    releases = known()
    fitting = releases.fitting(dataset, task_ids)
    fits = [f"{dataset}+ {release.version}" for release in fitting]
    wanted = _wanted(dataset, version) if version else releases.by_md5(published_md5)
    if wanted is None or wanted.dataset != dataset:
        wanted = fitting[-1]
    if place is None:
        content = _fetched(wanted)
    elif place.is_dir():
        content = _from_folder(place, wanted)
    else:
        content = gunzipped(read_bytes(place, "the benchmark's data file"), str(place))
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    found = releases.by_md5(md5)
    if found is None or found.dataset != dataset:  # messages name the file that was given
        parse_tasks(content, str(place), BENCHMARKS[dataset].task)
    copy = cache / "data" / f"{dataset}-{md5}.jsonl"
    if not copy.is_file() or copy.read_bytes() != content:
        _keep(copy, content)
    return DataFile(copy, found.version if found else "unknown", fits)


def _keep(copy: Path, content: bytes) -> None:
    """Write a copy for later calls; it is no output of this one."""
    try:
        with write_whole(copy, "wb") as stream:
            stream.write(content)
    except UserError as error:
        raise UserError(f"{error}, or name another folder with --cache") from error
    WRITTEN.discard(copy)


def _wanted(dataset: str, version: str) -> Release:
    versions = {release.version: release for release in known().of(dataset)}
    if version not in versions:
        raise UserError(
            f"no version '{version}' of {dataset}+ is known; known: {', '.join(versions)}"
        )
    return versions[version]


def _fetched(release: Release) -> bytes:
    return data.published(
        release.dataset,
        EvalPlusData(kind="evalplus", version=release.version, md5=release.md5),
        "give the file, or a folder with it, as DATA=... (--data)",
    )


def _from_folder(folder: Path, wanted: Release) -> bytes:
    """Return the wanted release or, if it is not there, the newest one of its data set."""
    releases = known().of(wanted.dataset)
    found: dict[str, bytes] = {}
    for place in (folder, folder / "evalplus"):
        for path in sorted(file for ending in _ENDINGS for file in place.glob(ending)):
            content = gunzipped(read_bytes(path), str(path))
            found[hashlib.md5(content, usedforsecurity=False).hexdigest()] = content
    for release in [wanted, *reversed(releases)]:
        if release.md5 in found:
            return found[release.md5]
    raise UserError(
        f"{folder}: holds no data file of {wanted.dataset}+ ({', '.join(_ENDINGS)}; also in its "
        f"folder evalplus): expected {' or '.join(f'{r.version} (md5 {r.md5})' for r in releases)}"
    )
