"""A finished run as it lies on disk: its results, and what it was made from.

Runs of other versions of this project can be compared, too, so the configuration is read as it was
written, without asking whether it is valid today.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from codepref.errors import UserError
from codepref.files import read_json, read_text
from codepref.provenance.record import FOLDER, MARK, check_layout, records_in, released_run
from codepref.tables.frames import SAMPLE_COLUMNS, TASK_COLUMNS, read_frame
from codepref.tables.inputs import clusters_in

Row = tuple[str, str, str, str]
"""model, method, benchmark column, and which answers: greedy or sampled"""

_NEEDED = ("config.json", "task_verdicts.csv")


@dataclass(frozen=True)
class Rates:
    """How often one policy solves each task: rows are tasks, columns training seeds."""

    table: pd.DataFrame
    samples: int
    """answers behind each rate"""


@dataclass(frozen=True)
class Run:
    """One of the runs that are compared."""

    name: str
    """as it was given"""
    folder: Path
    config: Mapping[str, Any]

    def rates(self) -> dict[Row, Rates]:
        """Return the rates of every row, in the order of the files."""
        found = {}
        greedy = read_frame(self.folder / "task_verdicts.csv", TASK_COLUMNS)
        for key, group in greedy.groupby(["model", "method", "benchmark"], sort=False):
            table = group.pivot(index="task_id", columns="seed", values="passed")
            found[_row(key, "", "greedy")] = Rates(table.dropna().astype(float), 1)
        path = self.folder / "benchmarks/samples.csv"
        if not path.is_file():
            return found
        sampled = read_frame(path, SAMPLE_COLUMNS)
        for key, group in sampled.groupby(["model", "method", "benchmark"], sort=False):
            of_task = group.groupby(["task_id", "seed"])
            least = int(of_task.size().min())
            for column, plus in (("base", ""), ("plus", "+")):
                table = of_task[column].mean().unstack("seed").dropna()
                found[_row(key, plus, "sampled")] = Rates(table, least)
        return found

    def clusters(self, benchmark: str) -> dict[str, str]:
        """Return the template of each task of a benchmark column that was made from one."""
        path = self.folder / f"benchmarks/data/{benchmark.removesuffix('+')}.jsonl"
        return clusters_in(path) if path.is_file() else {}

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield the provenance records of the run's files."""
        for path in records_in(self.folder):
            record: dict[str, Any] = read_json(path)
            yield record

    def lines(
        self, file: str, key: Callable[[Any], str], content: Callable[[Any], Any]
    ) -> dict[str, str] | None:
        """Return by key the hash of what each line of a JSONL file holds; None: no such file.

        Raises:
            UserError: a line is no JSON, or lacks what is asked for (names file and line).
        """
        path = self.folder / file
        if not path.is_file():
            return None
        found = {}
        for number, line in enumerate(read_text(path).split("\n"), start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                text = json.dumps(content(record), sort_keys=True)
                found[key(record)] = hashlib.sha256(text.encode()).hexdigest()
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise UserError(
                    f"{path}:{number}: not a record of this project: {error}"
                ) from error
        return found


def _row(key: Any, plus: str, answers: str) -> Row:
    model, method, benchmark = map(str, key)
    return model, method, benchmark + plus, answers


def open_run(path: Path) -> Run:
    """Open the folder of a run, or of a release that holds one.

    Raises:
        UserError: it is neither, the run is not finished, or its layout is another version's.
    """
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; expected a run's, or a release")
    folder = path
    if not (path / "config.json").is_file() and not (path / FOLDER / MARK).is_file():
        if not any(path.glob(f"*/*/{FOLDER}/{MARK}")):
            raise UserError(
                f"{path}: neither a run's folder (it has no config.json) nor a release (it holds "
                "none)"
            )
        folder = released_run(path)
    check_layout(folder)
    for name in _NEEDED:
        if not (folder / name).is_file():
            raise UserError(f"{folder}: has no {name}: the run is not finished; run it to its end")
    config = read_json(folder / "config.json")
    if not isinstance(config, dict):
        raise UserError(f"{folder / 'config.json'}: expected an object of settings")
    return Run(str(path), folder, config)
