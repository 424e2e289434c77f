"""Reading and writing the pipeline's files: whole or not at all, with errors that name the line."""

import contextlib
import errno
import hashlib
import json
import operator
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from codepref.errors import UserError
from codepref.strict import explain, explain_record

Record = TypeVar("Record", bound=BaseModel)

SNAKEMAKE_MARK = ".snakemake_timestamp"
"""the file in a folder by which Snakemake tells its age"""

# The files and folders that this process opened through the readers below, and those that it wrote:
# the provenance of what it made (codepref.provenance.record).
READ: set[Path] = set()
WRITTEN: set[Path] = set()


def check_writable(path: str | Path) -> None:
    """Refuse an output file that could not be written, before hours of work are done for it.

    Tries it in the nearest folder that exists, and leaves nothing behind.

    Raises:
        UserError: the path is a folder, or its folder cannot be made or written to.
    """
    path = Path(path)
    with _writing(path):
        if path.is_dir():
            raise UserError(f"{path}: is a folder; expected the name of a file to write")
        folder = path.parent
        while not folder.exists():
            folder = folder.parent
        with tempfile.TemporaryFile(dir=folder):
            pass


# What the place of a file is to blame for; other errors are of what a block does besides writing.
_OF_PLACES = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG),
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ELOOP),
    *(errno.ENAMETOOLONG, errno.EINVAL, errno.EBUSY, errno.ESTALE, errno.EMFILE, errno.ENFILE),
}


@contextlib.contextmanager
def _writing(path: Path, advice: str = "check the folder") -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _OF_PLACES:
            raise
        why = error.strerror or error
        raise UserError(f"{path}: cannot be written ({why}); {advice}") from error


_NO_ROOM = "free some space or choose another place, then run again"


@contextlib.contextmanager
def write_whole(path: str | Path, mode: str = "w") -> Iterator[IO[Any]]:
    """Open a temporary file beside ``path`` that is renamed to ``path`` if the block succeeds.

    A reader therefore never sees half a file, and a failed or killed writer leaves the old one.

    Raises:
        UserError: the folder is not writable or the disk is full.
    """
    path = Path(path)
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        encoding = None if "b" in mode else "utf-8"
        with _writing(path, _NO_ROOM):
            with os.fdopen(handle, mode, encoding=encoding) as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            # mkstemp makes private files; outputs are shared like any other the user makes.
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            temporary.replace(path)
        WRITTEN.add(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> None:
    """Write a text in UTF-8, whole or not at all."""
    with write_whole(path) as stream:
        stream.write(text)


@contextlib.contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give a new folder beside ``path`` that becomes ``path`` if the block succeeds.

    What was at ``path`` is replaced; if the block fails or is killed it stays as it was.

    Raises:
        UserError: the place is not writable or the disk is full.
    """
    path = Path(path)
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent))
    try:
        with _writing(path, _NO_ROOM):
            temporary.chmod(0o755)
            yield temporary
            for file in temporary.rglob("*"):  # some writers make private files
                if file.is_file() and not file.is_symlink():
                    file.chmod(0o644)
            move_folder(temporary, path)
        WRITTEN.add(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def move_folder(made: Path, path: Path) -> None:
    """Put a folder in the place of another, which is deleted when the new one is there.

    Raises:
        OSError: it cannot be moved; the other is where it was.
    """
    old = path.with_name(f".{path.name}.{os.getpid()}.old")
    if path.is_dir():
        path.replace(old)
    try:
        made.replace(path)
    except OSError:
        if old.is_dir():
            old.replace(path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def files_in(folder: Path) -> list[Path]:
    """Return all files below a folder, sorted, without the time stamp that Snakemake adds."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in files if path.name != SNAKEMAKE_MARK)


@contextlib.contextmanager
def reading(path: str | Path, expected: str = "") -> Iterator[None]:
    """Record that ``path``, a file or a folder, is an input, and name it in errors of reading it.

    Whatever is read and was not written by the same process is read within such a block, or by
    ``read_text``, ``read_bytes``, ``read_json`` or ``read_records``, which do so.

    Args:
        path: what the block opens and decodes.
        expected: what should be there, for the message where it is missing.

    Raises:
        UserError: it is missing, cannot be read, or is not UTF-8.
    """
    READ.add(Path(path))
    with named_errors(path, expected):
        yield


@contextlib.contextmanager
def named_errors(where: str | Path, expected: str = "") -> Iterator[None]:
    """Turn what can go wrong in opening and decoding a file into a UserError that names it."""
    try:
        yield
    except FileNotFoundError as error:
        raise UserError(
            f"{where}: no such file" + (expected and f"; expected {expected}")
        ) from error
    except OSError as error:
        raise UserError(f"{where}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: not UTF-8 text ({error.reason})") from error


def read_bytes(path: str | Path, expected: str = "") -> bytes:
    """Return a file's bytes; arguments and errors are those of ``reading``."""
    with reading(path, expected):
        return Path(path).read_bytes()


def read_text(path: str | Path, expected: str = "") -> str:
    """Return a UTF-8 file's text; arguments and errors are those of ``reading``."""
    with reading(path, expected):
        return Path(path).read_text(encoding="utf-8")


def sha256_of(path: str | Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes, or of a folder's sorted files.

    Snakemake's own time stamp in a folder is not part of it. To hash is not to read: it makes no
    input of the file.

    Raises:
        UserError: a file is missing or cannot be read.
    """
    path = Path(path)
    digest = hashlib.sha256()
    if path.is_dir():
        for member in files_in(path):
            digest.update(f"{member.relative_to(path).as_posix()}\0{sha256_of(member)}\n".encode())
        return digest.hexdigest()
    with named_errors(path), path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def parse_record(line: str, model: type[Record], where: str) -> Record:
    """Parse one JSON line as a record.

    Raises:
        UserError: the line is not JSON or not such a record; the message starts with ``where``
            (usually ``file:line``) and names the field.
    """
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        what = explain_record(error, model)
        raise UserError(f"{where}: not a valid {model.__name__} record: {what}") from error


def read_records(path: str | Path, model: type[Record]) -> Iterator[Record]:
    """Yield the records of a JSONL file, one at a time; see ``numbered_records``."""
    return (record for _, record in numbered_records(path, model))


def numbered_records(path: str | Path, model: type[Record]) -> Iterator[tuple[int, Record]]:
    """Yield the records of a JSONL file, each with the number of its line (from 1).

    Raises:
        UserError: the file is missing or cannot be read, or a line is malformed (names file, line
            and field).
    """
    path = Path(path)
    with reading(path, f"{model.__name__} records (JSONL)"), path.open("rb") as stream:
        # As bytes: a line ends at a newline only, and one that is not UTF-8 is named.
        for number, line in enumerate(stream, start=1):
            where = f"{path}:{number}"
            with named_errors(where):
                text = line.decode("utf-8")
            if text.strip():
                yield number, parse_record(text, model, where)


def read_record(path: str | Path, model: type[Record]) -> Record:
    """Read a JSON file that holds one record.

    Raises:
        UserError: the file is missing, cannot be read or is not such a record (names the field).
    """
    return parse_record(read_text(path), model, str(path))


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that occurs twice is a mistake; plain YAML forgets the first."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is no text or number", key.start_mark
                )
            if key.tag != "tag:yaml.org,2002:merge" and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' occurs a second time", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def read_yaml(path: str | Path, model: type[Record]) -> Record:
    """Read a YAML file that holds one record.

    Raises:
        UserError: the file is missing, cannot be read, has a key twice, or is not such a record
            (names each key).
    """
    try:
        return model.model_validate(yaml.load(read_text(path), _UniqueKeys))
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {error}") from error
    except ValidationError as error:
        raise UserError(f"{path}: {'; '.join(explain(error, model))}") from error


def unique_records(
    path: str | Path, model: type[Record], *key: str
) -> Iterator[tuple[int, Record]]:
    """Yield a file's records with their lines (see ``numbered_records``); refuse one that repeats.

    Args:
        path: the JSONL file.
        model: what a record is.
        key: the fields that no two records may have in common (``field.field`` of a field).

    Raises:
        UserError: names the file and both lines.
    """
    lines: dict[tuple[Any, ...], int] = {}
    for line, record in numbered_records(path, model):
        values = tuple(operator.attrgetter(name)(record) for name in key)
        if values in lines:
            what = ", ".join(f"{n} {v}" for n, v in zip(key, values, strict=True))
            raise UserError(
                f"{path}:{line}: the {model.__name__.lower()} with {what} is already on line "
                f"{lines[values]}; each may occur once"
            )
        lines[values] = line
        yield line, record


def record_line(record: BaseModel) -> str:
    """Return the record as one line of JSON with its newline."""
    return record.model_dump_json() + "\n"


def write_records(path: str | Path, records: Iterable[BaseModel]) -> int:
    """Write records as JSONL, whole or not at all; return how many."""
    count = 0
    with write_whole(path) as stream:
        for record in records:
            stream.write(record_line(record))
            count += 1
    return count


def write_json(path: str | Path, value: Any) -> None:
    """Write a value as indented JSON with sorted keys, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        UserError: the file is missing, cannot be read or is not JSON (names file, line and column).
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}:{error.lineno}:{error.colno}: not JSON: {error.msg}") from error
