"""Finished groups of prompts on disk, so that a killed job goes on where it stopped."""

import os
import sys
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from codepref.errors import UserError
from codepref.files import reading, record_line, write_records, write_whole

Record = TypeVar("Record", bound=BaseModel)


class _Header(BaseModel):
    """First line of a work file: what its records depend on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    made_from: dict[str, str]


class WorkFile(Generic[Record]):
    """Records streamed to ``<output>.partial`` until all are there; then they become ``output``.

    Prompts are completed in fixed groups, and a group is on disk as a whole or not at all: the
    group that was under way when the job was killed is done again with the same neighbours, and
    the final file equals an unkilled run's byte for byte.

    Args:
        output: the file to write in the end.
        record: the records' model.
        made_from: what the records depend on (prompts, settings, model, engine); a work file that
            was made from something else is thrown away, with a message.
    """

    def __init__(self, output: str | Path, record: type[Record], made_from: dict[str, str]) -> None:
        self.output = Path(output)
        self.path = self.output.with_name(f"{self.output.name}.partial")
        self._record, self._header = record, _Header(made_from=made_from)
        self.groups: list[list[Record]] = self._read()
        self._opened = False
        if self.groups:
            _say(f"{self.path}: going on behind {len(self.groups)} finished groups")

    def _read(self) -> list[list[Record]]:
        if not self.path.is_file():
            return []
        groups: list[list[Record]] = []
        group: list[Record] = []
        with reading(self.path), self.path.open(encoding="utf-8", errors="replace") as stream:
            try:
                header = _Header.model_validate_json(stream.readline())
            except ValidationError:
                return []
            for key, value in self._header.made_from.items():
                if header.made_from.get(key) != value:
                    _say(f"{self.path}: starting anew, it was made with another {key}")
                    return []
            for line in stream:
                if line == "\n":  # closes a group; what a kill left behind it is dropped
                    groups.append(group)
                    group = []
                    continue
                try:
                    group.append(self._record.model_validate_json(line))
                except ValidationError:
                    break
        return groups

    def add(self, group: list[Record]) -> None:
        """Append one finished group; it survives a kill from here on.

        Raises:
            UserError: the disk is full or the folder not writable.
        """
        try:
            if not self._opened:
                self._write_header_and_groups()
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(self._lines(group))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise UserError(
                f"{self.path}: cannot be written ({error.strerror}); free some space or choose "
                "another place, then run again"
            ) from error
        self.groups.append(group)

    def _write_header_and_groups(self) -> None:
        with write_whole(self.path) as stream:
            stream.write(record_line(self._header))
            stream.writelines(self._lines(group) for group in self.groups)
        self._opened = True

    def _lines(self, group: list[Record]) -> str:
        return "".join(record_line(record) for record in group) + "\n"

    def finish(self) -> list[Record]:
        """Write the output from all groups, in order, and remove the work file."""
        records = [record for group in self.groups for record in group]
        write_records(self.output, records)
        self.path.unlink(missing_ok=True)
        return records


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
