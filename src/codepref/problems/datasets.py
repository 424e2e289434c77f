"""Importers of public data sets: how each is read, and how a row becomes a problem record.

Rows come from the hub through ``datasets`` (streaming, at a pinned revision), or from a local file
of the same schema. What a row's own schema promises and does not hold is an error; what cannot be
posed as one of our problems is skipped with a reason.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from codepref.errors import UserError
from codepref.files import READ
from codepref.problems import competitive, leetcode_dataset
from codepref.problems.settings import DataSetSource
from codepref.problems.skipped import MalformedRow, Skip, Skipped
from codepref.records import Problem

Row = dict[str, Any]


@dataclass(frozen=True)
class DataSet:
    """A public data set.

    Attributes:
        repository: on the hub.
        to_problem: the problem of a row; raises Skip or MalformedRow.
        files: pattern of its files, for data sets whose own loading script is no longer run.
        builder: of ``datasets``, for those files.
    """

    repository: str
    to_problem: Callable[[Row, int], Problem]
    files: str | None = None
    builder: str | None = None


DATA_SETS = {
    "leetcode_dataset": DataSet("newfacade/LeetCodeDataset", leetcode_dataset.to_problem),
    "open_r1_codeforces": DataSet("open-r1/codeforces", competitive.from_open_r1),
    "code_contests": DataSet("deepmind/code_contests", competitive.from_code_contests),
    "apps": DataSet("codeparrot/apps", competitive.from_apps, "{split}.jsonl", "json"),
    "taco": DataSet("BAAI/TACO", competitive.from_taco, "{split}/data-*.arrow", "arrow"),
}


def collect(source: DataSetSource) -> Iterator[Problem | Skipped]:
    """Yield a data set's problems in its own order, or why a row is left out.

    Raises:
        UserError: the data cannot be read, or a row is not of the published schema (names the
            file, the line and the field).
    """
    data_set = DATA_SETS[source.kind]
    rows = _local_rows(Path(source.path)) if source.path else _hub_rows(source, data_set)
    for number, (where, row) in enumerate(rows):
        try:
            yield data_set.to_problem(row, number)
        except Skip as reason:
            yield Skipped(where, str(reason))
        except MalformedRow as error:
            raise UserError(f"{where}: not a row of {data_set.repository}: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise UserError(f"{where}: field '{name}': {first['msg']}") from error


def _local_rows(path: Path) -> Iterator[tuple[str, Row]]:
    READ.add(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
        opened: Any = gzip.open if packed else open
        with opened(path, "rt", encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                where = f"{path}:{number}"
                try:
                    row = json.loads(line)
                except json.JSONDecodeError as error:
                    raise UserError(f"{where}: not JSON: {error.msg}") from error
                if not isinstance(row, dict):
                    raise UserError(f"{where}: expected an object, found {type(row).__name__}")
                yield where, row
    except FileNotFoundError as error:
        raise UserError(f"{path}: no such file; expected the data set's rows (JSONL)") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from error


def _hub_rows(source: DataSetSource, data_set: DataSet) -> Iterator[tuple[str, Row]]:
    import datasets

    name = f"{data_set.repository}@{source.revision}"
    try:
        if data_set.files:
            files = f"hf://datasets/{name}/{data_set.files.format(split=source.split)}"
            rows = datasets.load_dataset(
                data_set.builder, data_files={"train": files}, split="train", streaming=True
            )
        else:
            rows = datasets.load_dataset(
                data_set.repository, revision=source.revision, split=source.split, streaming=True
            )
        for number, row in enumerate(rows, start=1):
            yield f"{name}:{source.split}:{number}", dict(row)
    except UserError:
        raise
    except Exception as error:  # the hub's client raises whatever its layers raise
        raise UserError(
            f"{name}: cannot be read from the hub ({type(error).__name__}: {error}); check the "
            "network, the revision and the split, or give a local 'path'"
        ) from error
