"""Importers of public data sets: how each is read, and how a row becomes a problem record.

Rows come from the hub through ``datasets`` (streaming, at a pinned revision), or from a local file
of the same schema. A row that does not keep to the schema, or cannot be posed as one of our
problems, is skipped for a reason that is counted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.problems.settings import DataSetSource
from codepref.problems.sources import competitive, leetcode_dataset
from codepref.problems.sources.foreign import Skipped, attempt, json_data
from codepref.problems.sources.lines import numbered_lines
from codepref.records import Problem


@dataclass(frozen=True)
class DataSet:
    """A public data set.

    Attributes:
        repository: on the hub.
        to_problem: makes the problem of a row (JSON data, its place from 0); raises Skip.
        files: pattern of its files, for data sets whose own loading script is no longer run.
        builder: of ``datasets``, for those files.
    """

    repository: str
    to_problem: Callable[[Any, int], Problem]
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
        UserError: the data cannot be read at all.
    """
    data_set = DATA_SETS[source.kind]
    if source.path:
        rows: Iterator[tuple[str, Any]] = local_rows(Path(source.path))
    else:
        rows = hub_rows(data_set.repository, str(source.revision), source.split, data_set)
    for number, (where, row) in enumerate(rows):
        yield problem_of_row(data_set, where, row, number)


def problem_of_row(data_set: DataSet, where: str, row: Any, number: int) -> Problem | Skipped:
    """Return the problem of a row, which may be JSON text (bytes), or why there is none."""

    def make() -> Problem:
        data = json_data(row, "row") if isinstance(row, bytes) else row
        return data_set.to_problem(data, number)

    return attempt(where, "row", make)


def local_rows(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each row of a file as JSON text, with its file and line.

    Raises:
        UserError: the file is missing, of another kind, or damaged.
    """
    for number, line in numbered_lines(path, "the data set's rows (JSONL)"):
        if line.strip():
            yield f"{path}:{number}", line


def hub_rows(
    repository: str, revision: str, split: str, data_set: DataSet | None = None
) -> Iterator[tuple[str, Any]]:
    """Yield each row of a data set of the hub as a dictionary, with its place.

    Args:
        repository, revision, split: which rows.
        data_set: how to read it where it needs more than its name.

    Raises:
        UserError: it cannot be read.
    """
    import datasets

    name = f"{repository}@{revision}"
    try:
        if data_set and data_set.files:
            files = f"hf://datasets/{name}/{data_set.files.format(split=split)}"
            rows = datasets.load_dataset(
                data_set.builder, data_files={"train": files}, split="train", streaming=True
            )
        else:
            rows = datasets.load_dataset(repository, revision=revision, split=split, streaming=True)
        for number, row in enumerate(rows, start=1):
            yield f"{name}:{split}:{number}", dict(row)
    except UserError:
        raise
    except Exception as error:  # the hub's client raises whatever its layers raise
        raise UserError(
            f"{name}: cannot be read from the hub ({type(error).__name__}: {error}); check the "
            "network, the revision and the split, or give a local 'path'"
        ) from error
