"""Files as people hand them on: plain, gzipped, in a zip or tar archive, or as a folder.

Foreign archives are read member by member into memory, never unpacked: a member's name is only a
name here.
"""

import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from codepref.errors import UserError
from codepref.files import read_bytes, reading

MOST_BYTES = 2 << 30
"""What a packed file may hold, decompressed"""
_DEPTH = 4  # of a folder's files: <any>/<any>/<task>/<number>.py
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_DRIVE = re.compile(r"[A-Za-z]:(/|$)")
_EMPTY_ZIP = b"PK\x05\x06"


@dataclass(frozen=True)
class Member:
    """A file of a folder or an archive; a file that is none is its own only member.

    Attributes:
        where: how messages name it.
        name: its path within the folder or archive.
        content: its bytes, decompressed.
    """

    where: str
    name: PurePosixPath
    content: bytes

    def text(self) -> str:
        """Return its text, without a byte order mark.

        Raises:
            UserError: it is not UTF-8.
        """
        try:
            return self.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.content.count(b"\n", 0, error.start) + 1
            raise UserError(f"{self.where}:{line}: not UTF-8 text ({error.reason})") from error


def read_members(path: str | Path, endings: tuple[str, ...]) -> list[Member]:
    """Return the files of a folder or archive that have one of these endings, or the file itself.

    Args:
        path: a file (plain, ``.gz``, ``.zip``, ``.tar``, ``.tar.gz``; told by its contents) or a
            folder.
        endings: of the files wanted from a folder or an archive, for example ``(".py",)``; each
            may be gzipped.

    Raises:
        UserError: it is missing, damaged or too large, or a member leaves its archive by name.
    """
    path = Path(path)
    if path.is_dir():
        with reading(path):
            return list(_of_folder(path, endings))
    content = read_bytes(path, "a file or a folder")
    try:
        if content[:2] == _GZIP:
            content = _gunzip(content, str(path))
        if content[:4] in (_ZIP, _EMPTY_ZIP):
            return list(_of_zip(path, content, endings))
        if content[257:262] == b"ustar":
            return list(_of_tar(path, content, endings))
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path}: damaged, or not what it seems ({error}); fetch it again") from (
            error
        )
    return [Member(str(path), PurePosixPath(path.name.removesuffix(".gz")), content)]


def gunzipped(content: bytes, where: str) -> bytes:
    """Return bytes, decompressed if they are gzipped.

    Raises:
        UserError: they are damaged, or too many.
    """
    try:
        return _gunzip(content, where) if content[:2] == _GZIP else content
    except (EOFError, OSError, zlib.error) as error:
        raise UserError(f"{where}: damaged ({error}); fetch it again") from error


def _gunzip(content: bytes, where: str) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
        found = stream.read(MOST_BYTES + 1)
    _check_size(len(found), where)
    return found


def _check_size(size: int, where: str) -> None:
    if size > MOST_BYTES:
        raise UserError(f"{where}: holds more than {MOST_BYTES >> 30} GiB; give a part of it")


def _wanted(name: PurePosixPath, endings: tuple[str, ...]) -> bool:
    # Archives made on a Mac carry "__MACOSX/._name" files beside the real ones.
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in name.parts)
    return not hidden and name.name.removesuffix(".gz").endswith(endings)


def _member(where: str, name: PurePosixPath, content: bytes) -> Member:
    plain = name.with_name(name.name.removesuffix(".gz"))
    return Member(where, plain, gunzipped(content, where))


def _of_folder(path: Path, endings: tuple[str, ...]) -> Iterator[Member]:
    files = (file for depth in range(_DEPTH) for file in path.glob("*/" * depth + "*"))
    for file in sorted(files):
        name = PurePosixPath(file.relative_to(path).as_posix())
        if _wanted(name, endings) and file.is_file():
            yield _member(str(file), name, read_bytes(file))


def _inside(path: Path, name: str) -> PurePosixPath:
    """Return a member's name, if it stays below its archive.

    Raises:
        UserError: it does not.
    """
    plain = PurePosixPath(name.replace("\\", "/"))
    if plain.is_absolute() or ".." in plain.parts or _DRIVE.match(str(plain)):
        raise UserError(
            f"{path}: its member '{name}' would lie outside of the archive; such an archive is "
            "not read"
        )
    return plain


def _of_zip(path: Path, content: bytes, endings: tuple[str, ...]) -> Iterator[Member]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        infos = [(info, _inside(path, info.filename)) for info in archive.infolist()]
        _check_size(sum(info.file_size for info, _ in infos), str(path))
        for info, name in infos:
            if info.is_dir() or not _wanted(name, endings):
                continue
            where = f"{path}/{name}"
            try:
                # A header may understate the size: what is read is bounded, too.
                with archive.open(info) as stream:
                    found = stream.read(MOST_BYTES + 1)
            except (RuntimeError, NotImplementedError) as error:  # encrypted; unknown method
                raise UserError(f"{where}: cannot be read ({error})") from error
            _check_size(len(found), where)
            yield _member(where, name, found)


def _of_tar(path: Path, content: bytes, endings: tuple[str, ...]) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for info in archive:
            name = _inside(path, info.name)
            stream = archive.extractfile(info) if info.isreg() else None
            if stream is not None and _wanted(name, endings):
                yield _member(f"{path}/{name}", name, stream.read())
