"""The lines of a text file that somebody else made: plain or gzip, with or without a mark."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.files import reading

_GZIP = b"\x1f\x8b"
_OTHERS = {
    b"PK\x03\x04": "a zip archive; unpack it",
    b"\xfd7zXZ\x00": "packed with xz; unpack it, or pack it with gzip",
    b"BZh": "packed with bzip2; unpack it, or pack it with gzip",
    b"\x28\xb5\x2f\xfd": "packed with zstd; unpack it, or pack it with gzip",
    b"PAR1": "a Parquet file; write its rows as JSON lines",
    codecs.BOM_UTF16_LE: "UTF-16 text; save it as UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16 text; save it as UTF-8",
    b"version https://git-lfs": "only Git LFS's pointer to the file; run 'git lfs pull'",
}
"""What a file may begin with that we do not read, and what to do about it."""


def numbered_lines(path: Path, expected: str) -> Iterator[tuple[int, bytes]]:
    """Yield a file's lines with their numbers (from 1), without UTF-8's byte order mark.

    The first bytes, not the name, tell whether it is packed with gzip.

    Args:
        path: the file.
        expected: what should be there, for the message where it is missing.

    Raises:
        UserError: it is missing, is of another kind, or is damaged (behind which line).
    """
    with reading(path, expected), path.open("rb") as raw:
        start = raw.read(32)
    for mark, what in _OTHERS.items():
        if start.startswith(mark):
            raise UserError(f"{path}:1: is {what}; expected {expected}")
    opened: Any = gzip.open if start.startswith(_GZIP) else open
    number = 0
    try:
        with opened(path, "rb") as stream:
            for number, line in enumerate(stream, start=1):
                yield number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(
            f"{path}:{number + 1}: cannot be read from this line on ({error}): the file is cut off "
            "or damaged; copy it again"
        ) from error
