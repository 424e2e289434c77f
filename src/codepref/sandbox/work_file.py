"""Verdicts as they come in, on disk, so that a killed run goes on where it was.

Beside the output ``E.jsonl`` lies ``E.jsonl.work`` while a run is unfinished: a header line that
identifies the inputs, then one line per verdict, each written by a single system call. Lines come
in the order of completion; the finished output is in input order.
"""

import array
import contextlib
import fcntl
import json
import os
from pathlib import Path

from codepref.errors import UserError
from codepref.files import write_whole
from codepref.records import Execution


class WorkFile:
    """The verdicts of an unfinished run. Use as a context manager.

    Args:
        output: the file that the run is to make.
        inputs: identifies what the verdicts depend on; a work file of other inputs is discarded.
        total: how many verdicts there will be.

    Raises:
        UserError: it cannot be written, or another run is at work on the same output.
    """

    def __init__(self, output: Path, inputs: str, total: int) -> None:
        self.path = output.with_name(output.name + ".work")
        self._output = output
        self._offsets = array.array("q", [-1]) * total
        self.finished = 0
        self.discarded = False
        try:
            output.parent.mkdir(parents=True, exist_ok=True)
            if output.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise UserError(
                f"{output}: cannot be written ({error.strerror}); check the folder"
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise UserError(f"{output}: another run is writing it; wait for its end") from error
        self._end = self._read_finished(json.dumps({"inputs": inputs}).encode() + b"\n")

    def __enter__(self) -> "WorkFile":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._file)

    def has(self, number: int) -> bool:
        """Return whether the verdict on the sample at this position is known."""
        return self._offsets[number] >= 0

    def add(self, number: int, execution: Execution) -> None:
        """Store a verdict; once this returns no kill of this process loses it."""
        line = f'{{"number":{number},"execution":{execution.model_dump_json(exclude_none=True)}}}\n'
        data = line.encode()
        try:
            if os.pwrite(self._file, data, self._end) != len(data):
                raise OSError(28, "no space left")
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be written ({error.strerror}); free some space and run again"
            ) from error
        self._offsets[number] = self._end
        self._end += len(data)
        self.finished += 1

    def finish(self) -> None:
        """Write the output, in input order, and remove the work file."""
        with write_whole(self._output, "wb") as output, self.path.open("rb") as work:
            for offset in self._offsets:
                work.seek(offset)
                line = work.readline()
                # The record's own text, byte for byte, out of {"number":…,"execution":…}.
                output.write(line[line.index(b'"execution":') + 12 : -2] + b"\n")
        self.path.unlink()

    def discard(self) -> None:
        """Remove the work file if it holds nothing."""
        if not self.finished:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _read_finished(self, header: bytes) -> int:
        """Note the verdicts already there; return where the next one goes."""
        with self.path.open("rb") as work:
            found = work.readline()
            end = len(header)
            if found == header:
                while (line := work.readline()).endswith(b"\n"):
                    self._offsets[json.loads(line[: line.index(b",")] + b"}")["number"]] = end
                    end += len(line)
                    self.finished += 1
            else:
                self.discarded = found.endswith(b"\n")
        os.ftruncate(self._file, end if found == header else 0)  # the torn line of a killed run
        if found != header:
            os.pwrite(self._file, header, 0)
        return end
