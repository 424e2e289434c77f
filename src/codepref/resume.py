"""Unfinished work on disk, so that a job that was killed resumes where it stopped.

Beside the work is a fingerprint of what it is made from: names, and their values or hashes. Work
made from anything else is thrown away, with a message that names what changed.
"""

import contextlib
import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from codepref.errors import UserError
from codepref.files import Record, reading, record_line, write_whole
from codepref.progress import say


class WorkFile:
    """The finished parts of an output, kept in ``<output>.partial`` until all are there.

    Use as a context manager. The file's first line is the fingerprint. Each further line is a part,
    whole or torn by a kill: its number, then its records as JSON, separated by tabs (which JSON
    escapes). Parts may come in any order; the output has them in the order of their numbers.

    Args:
        output: the file that the records are for (JSONL).
        made_from: the fingerprint.
        unit: what a part is, for the message that work is resumed.

    Raises:
        UserError: the file cannot be written or read, or another job is writing the same output.
    """

    def __init__(self, output: str | Path, made_from: Mapping[str, str], unit: str) -> None:
        self.output = Path(output)
        self.path = self.output.with_name(f"{self.output.name}.partial")
        self._made_from, self._unit = made_from, unit
        self._starts: dict[int, int] = {}  # where in the file each part's line starts
        self._end = 0

    def __enter__(self) -> "WorkFile":
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.output.is_dir():
                raise IsADirectoryError(errno.EISDIR, "it is a folder")
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise UserError(
                f"{self.output}: cannot be written ({error.strerror}); check the folder"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise UserError(
                f"{self.output}: another job is writing it; wait until that has ended"
            ) from error
        self._read()
        return self

    def __exit__(self, *_: object) -> None:
        if not self._starts:
            with contextlib.suppress(OSError):
                self.path.unlink()
        os.close(self._file)

    def __contains__(self, number: int) -> bool:
        return number in self._starts

    def __len__(self) -> int:
        return len(self._starts)

    def add(self, number: int, records: Iterable[BaseModel]) -> None:
        """Store a finished part; from here on no kill of this process loses it.

        Raises:
            UserError: the disk is full.
        """
        lines = [record_line(record).removesuffix("\n") for record in records]
        start = self._end
        self._append("\t".join([str(number), *lines]) + "\n")
        self._starts[number] = start

    def records(self, model: type[Record]) -> Iterator[Record]:
        """Yield the records of all finished parts, by the numbers of these."""
        yield from map(model.model_validate_json, self._lines())

    def discard(self) -> None:
        """Remove the work file: what it holds has been used."""
        self.path.unlink()

    def finish(self) -> None:
        """Write the output from all parts, in order, and remove the work file."""
        with write_whole(self.output, "wb") as output:
            output.writelines(record + b"\n" for record in self._lines())
        self.discard()

    def _lines(self) -> Iterator[bytes]:
        """Yield the records of all parts as they are written, by the numbers of these."""
        with self.path.open("rb") as work:
            for _, start in sorted(self._starts.items()):
                work.seek(start)
                yield from work.readline().rstrip(b"\n").split(b"\t")[1:]

    def _read(self) -> None:
        """Note the finished parts; drop a torn line, or everything if the inputs are others."""
        header = _header(self._made_from)
        with reading(self.path), self.path.open("rb") as work:
            found = work.readline()
            if found == header.encode():
                self._end = len(found)
                while (line := work.readline()).endswith(b"\n"):
                    if not (number := line.split(b"\t", 1)[0]).isdigit():
                        break
                    self._starts[int(number)] = self._end
                    self._end += len(line)
        if self._starts:
            say(f"{self.path}: resuming after {len(self)} finished {self._unit}")
        elif not self._end and found.endswith(b"\n"):
            _say_outdated(self.path, found.decode(errors="replace"), self._made_from)
        os.ftruncate(self._file, self._end)
        if not self._end:
            self._append(header)

    def _append(self, text: str) -> None:
        data = text.encode()
        try:
            if os.pwrite(self._file, data, self._end) != len(data):
                raise OSError(errno.ENOSPC, "no space left")
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be written ({error.strerror}); free some space, then run "
                "again: finished work is kept"
            ) from error
        self._end += len(data)


def prepare_work_folder(folder: Path, made_from: Mapping[str, str]) -> None:
    """Make a folder of resumable state; empty it if its contents are made from something else."""
    marker, header = folder / "made_from.json", _header(made_from)
    if folder.is_dir():
        found = marker.read_text(encoding="utf-8") if marker.is_file() else ""
        if found == header:
            return
        if found:
            _say_outdated(folder, found, made_from)
        shutil.rmtree(folder)
    say(f"resumable state: {folder}")
    folder.mkdir(parents=True)
    marker.write_text(header, encoding="utf-8")


def _header(made_from: Mapping[str, str]) -> str:
    return json.dumps({"made_from": dict(made_from)}, sort_keys=True) + "\n"


def _say_outdated(path: Path, found: str, made_from: Mapping[str, str]) -> None:
    """Tell that work is thrown away, and why."""
    try:
        stored = json.loads(found)["made_from"]
        changed = [key for key in made_from if stored.get(key) != made_from[key]]
    except (ValueError, KeyError, TypeError, AttributeError):
        changed = []
    say(f"{path}: starting again, made with another {changed[0] if changed else 'layout'}")
