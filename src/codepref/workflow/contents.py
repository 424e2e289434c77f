"""What files and folders hold, as hashes, without reading gigabytes at every start."""

import contextlib
import json
import sys
from pathlib import Path

from codepref.errors import UserError
from codepref.files import sha256_of, write_json
from codepref.provenance.record import stat_mark

KNOWN = Path(".snakemake/codepref/contents.json")
"""hashes by path, each with the names, sizes and times for which it holds"""
_LARGE = 2**30


def content_of(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, or of a folder's files; "missing" if it is not there.

    It is read only if names, sizes or times differ from those when it was read last.

    Raises:
        UserError: a file cannot be read.
    """
    path = Path(path)
    if not path.exists():
        return "missing"
    mark, size = stat_mark(path)
    known = _known()
    name = str(path.absolute())
    if known.get(name, [None])[0] != mark:
        if size > _LARGE:
            print(f"reading {path} ({size / 1e9:.1f} GB) to know its content", file=sys.stderr)
        known[name] = [mark, sha256_of(path)]
        with contextlib.suppress(UserError):  # of a folder that is not ours to write: read again
            write_json(KNOWN, known)
    return known[name][1]


def _known() -> dict[str, list[str]]:
    try:
        known: dict[str, list[str]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known
