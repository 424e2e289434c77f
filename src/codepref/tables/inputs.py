"""The options that every command line over results shares."""

import argparse
from pathlib import Path

from codepref.config import Config
from codepref.files import read_record, read_yaml
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results


def add_result_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--config --benchmarks --tasks --paper``."""
    add_config_option(parser)
    parser.add_argument("--benchmarks", type=Path, required=True, help="benchmarks.csv")
    parser.add_argument("--tasks", type=Path, required=True, help="task_verdicts.csv")
    parser.add_argument("--paper", type=Path, required=True, help="paper/tables.yaml")


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
    return load_results(
        read_config(arguments.config),
        read_yaml(arguments.paper, PaperTables),
        arguments.benchmarks,
        arguments.tasks,
    )


def read_config(path: str | Path) -> Config:
    """Read a resolved configuration (``Config`` dumped as JSON)."""
    return read_record(path, Config)
