"""The options that every command line over results shares."""

import argparse
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from pydantic import ValidationError

from codepref.config import Config
from codepref.errors import UserError
from codepref.files import read_json, read_records
from codepref.records import RewardRecord
from codepref.tables.paper import load_tables
from codepref.tables.results import Results, load_results
from codepref.tables.setting_tables import Used


def add_result_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--config --benchmarks --tasks --paper``."""
    parser.add_argument("--config", type=Path, required=True, help="the run's config.json")
    parser.add_argument("--benchmarks", type=Path, required=True, help="benchmarks.csv")
    parser.add_argument("--tasks", type=Path, required=True, help="task_verdicts.csv")
    parser.add_argument(
        "--paper", type=Path, default=Path("paper"), help="folder of the paper's data"
    )


def results_from(arguments: argparse.Namespace) -> Results:
    """Load what ``add_result_options`` names."""
    return load_results(
        read_config(arguments.config),
        load_tables(arguments.paper),
        arguments.benchmarks,
        arguments.tasks,
    )


def read_config(path: str | Path) -> Config:
    """Read a resolved configuration (``Config`` dumped as JSON).

    Raises:
        UserError: missing or not a valid configuration.
    """
    try:
        return Config.model_validate_json(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: {key}: {first['msg']}") from error


def read_rewards(files: Sequence[Path]) -> dict[str, list[RewardRecord]]:
    """Return the scored samples (``rewards/<model>/...jsonl``) by the model that wrote them.

    Raises:
        UserError: a malformed file, or two files of one model.
    """
    rewards: dict[str, list[RewardRecord]] = {}
    for path in files:
        for model, records in groupby(read_records(path, RewardRecord), lambda r: r.model):
            if model in rewards:
                raise UserError(f"{path}: the samples of {model} are in another file, too")
            rewards[model] = list(records)
    return rewards


def recorded_settings(files: Sequence[Path]) -> Used:
    """Return per trainer the settings that each checkpoint's ``training.json`` recorded.

    The files lie in ``<model>/<method>/seed<n>/``, which names the checkpoint. The batch size is
    the one that came about (devices x per device x accumulation).

    Raises:
        UserError: a file is missing or is no training record.
    """
    used: Used = {}
    for path in files:
        record = read_json(path)
        seed, method, model = (parent.name for parent in path.resolve().parents[:3])
        label = f"{model} {method} {seed}"
        try:
            settings = {**record["hyperparameters"], "batch_size": record["global_batch"]}
            used.setdefault(record["trainer"], {})[label] = settings
        except (KeyError, TypeError) as error:
            raise UserError(f"{path}: not a training record ({error} is missing)") from error
    return used
