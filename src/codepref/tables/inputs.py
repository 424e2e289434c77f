"""The options that every command line over results shares."""

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_json, read_record, read_yaml
from codepref.problems.sources.lines import numbered_lines
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results

OfRow = TypeVar("OfRow", bound=BaseModel)
"""a record with the fields ``model``, ``method`` and ``seed``"""


def add_result_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--config --benchmarks --tasks --paper --benchmark-data --sampled --statistics``."""
    add_config_option(parser)
    parser.add_argument("--benchmarks", type=Path, required=True, help="benchmarks.csv")
    parser.add_argument("--tasks", type=Path, required=True, help="task_verdicts.csv")
    parser.add_argument("--paper", type=Path, required=True, help="paper/tables.yaml")
    add_files(
        parser,
        "--benchmark-data",
        "tasks, in the order of the configuration's benchmarks; those with the same 'cluster' are "
        "made alike",
    )
    parser.add_argument("--sampled", type=Path, help="a row per sampled answer (CSV)")
    add_files(parser, "--statistics", "pairs/<model>.stats.json")


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``."""
    parser.add_argument("--config", type=Path, required=True, help="the run's config.json")


def add_files(
    parser: argparse.ArgumentParser, option: str, about: str, required: bool = False
) -> None:
    """Add an option that takes several files."""
    parser.add_argument(
        option, type=Path, nargs="+", default=[], required=required, metavar="FILE", help=about
    )


def results_from(arguments: argparse.Namespace) -> Results:
    """Load what ``add_result_options`` names."""
    config = read_config(arguments.config)
    return load_results(
        config,
        read_yaml(arguments.paper, PaperTables),
        arguments.benchmarks,
        arguments.tasks,
        arguments.sampled,
        read_clusters(config, arguments.benchmark_data),
        read_statistics(config, arguments.statistics),
    )


def read_clusters(config: Config, paths: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Return by benchmark and task id the template (``cluster``) of tasks made from templates.

    Args:
        config: the run's.
        paths: the benchmarks' tasks (JSONL), in the configuration's order; none: no clusters.

    Raises:
        UserError: not as many files as benchmarks, or a line is malformed.
    """
    names = config.use_benchmarks
    if paths and len(paths) != len(names):
        raise UserError(
            f"--benchmark-data: {len(paths)} files for {len(names)} benchmarks ({', '.join(names)})"
        )
    return {name: clusters_in(path) for name, path in zip(names, paths, strict=False)}


def clusters_in(path: Path) -> dict[str, str]:
    """Return the template (``cluster``) of those tasks of a file (JSONL) that were made from one.

    Raises:
        UserError: a line is malformed (names file and line).
    """
    found = {}
    for number, line in numbered_lines(path, "a benchmark's tasks (JSONL)"):
        if not line.strip():
            continue
        try:
            task = json.loads(line)
            name, cluster = task["task_id"], task.get("cluster")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path}:{number}: not a task with a 'task_id' in JSON") from error
        if cluster is not None:
            if not isinstance(cluster, str):
                raise UserError(f"{path}:{number}: 'cluster' is {cluster!r}, expected text")
            found[name] = cluster
    return found


def read_of_run(config: Config, paths: Iterable[Path], kind: type[OfRow]) -> list[OfRow]:
    """Read files of one record each, of a model, a method and a seed of the run.

    Raises:
        UserError: one is missing, malformed, or of no row of the run.
    """
    records = []
    for path in paths:
        record = read_record(path, kind)
        model, method, seed = (getattr(record, name) for name in ("model", "method", "seed"))
        config.check_row(str(path), model, method, seed)
        records.append(record)
    return records


def read_statistics(config: Config, paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Read the statistics of pairs (``pairs/<model>.stats.json``) of models of the run.

    Raises:
        UserError: one is missing, malformed, or of a model that the configuration does not have.
    """
    found = []
    for path in paths:
        statistics = read_json(path)
        if not isinstance(statistics, dict) or not {"pairs", "problems"} <= statistics.keys():
            raise UserError(
                f"{path}: not the statistics of pairs; make them again: delete the file, run again"
            )
        if statistics.get("model") not in config.models:
            raise UserError(
                f"{path}: model '{statistics.get('model')}' is not one of this run's: "
                f"{', '.join(sorted(config.models))}"
            )
        found.append(statistics)
    return found


def read_config(path: str | Path) -> Config:
    """Read a resolved configuration (``Config`` dumped as JSON)."""
    return read_record(path, Config)
