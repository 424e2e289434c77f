"""Verdicts as CSV tables: which columns they have, and what is refused in them."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from codepref.config import Config
from codepref.errors import UserError
from codepref.evaluation.sampled_records import FailureClass
from codepref.files import read_text

KEY = {"model": "str", "method": "str", "seed": "int64", "benchmark": "str"}
SCORE_COLUMNS = {**KEY, "solved": "int64", "total": "int64"}
"""what is read of ``benchmarks.csv``: column -> dtype"""
TASK_COLUMNS = {**KEY, "task_id": "str", "passed": "bool"}
"""what is read of ``task_verdicts.csv``: column -> dtype"""
SAMPLE_COLUMNS = {
    **KEY,
    **{"task_id": "str", "index": "int64", "base": "bool", "plus": "bool", "failure": "text"},
}
"""what is read of ``benchmarks/samples.csv``: column -> dtype"""
FAILURES: tuple[str, ...] = get_args(FailureClass)
"""why a sample failed"""

_FORMS = {
    "str": (r".+", "text"),
    "text": (r".*", "text, or nothing"),
    "int64": (r"\d{1,15}", "a count"),
    "bool": (r"true|false|1|0", "true or false"),
}
"""dtype -> how its values are written, and what they are"""


def read_frame(path: str | Path, columns: Mapping[str, str]) -> pd.DataFrame:
    """Read columns of a CSV file with the dtypes declared for them; others are left out.

    Raises:
        UserError: the file is missing or no CSV, a column is missing, or a value is malformed
            (names file, line and column).
    """
    text = read_text(path, "a table of scripts/collect_benchmarks.py or collect_samples.py")
    try:
        frame = pd.read_csv(
            io.StringIO(text), dtype=str, keep_default_na=False, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"{path}: not a CSV table: {error}") from error
    for name, dtype in columns.items():
        if name not in frame:
            raise UserError(f"{path}:1: column '{name}' is missing")
        form, words = _FORMS[dtype]
        malformed = ~frame[name].str.fullmatch(form, na=False)
        if malformed.any():
            row = int(malformed.to_numpy().argmax())  # line 1 is the header
            raise UserError(
                f"{path}:{row + 2}: column '{name}': '{frame[name].iloc[row]}' is not {words}"
            )
        if dtype == "bool":
            frame[name] = frame[name].isin(["true", "1"])
        elif dtype == "int64":
            frame[name] = frame[name].astype("int64")
    return frame[list(columns)]


def read_samples(config: Config, path: str | Path) -> pd.DataFrame:
    """Read ``benchmarks/samples.csv`` and check that it is whole.

    Raises:
        UserError: a malformed file, a row of no policy or benchmark of the run, or a task without
            as many samples as the configuration says, numbered from 0.
    """
    frame = read_frame(path, SAMPLE_COLUMNS)
    for benchmark in frame["benchmark"].unique():
        if benchmark not in config.use_benchmarks or not config.samples_per_task(benchmark):
            raise UserError(f"{path}: benchmark '{benchmark}' is not one that this run samples")
    for model, method, seed in frame[["model", "method", "seed"]].drop_duplicates().to_numpy():
        config.check_row(str(path), model, method, int(seed))
    failed = ~frame["plus"]
    wrong = frame[failed != frame["failure"].isin(FAILURES)]
    if len(wrong):
        raise UserError(
            f"{path}:{wrong.index[0] + 2}: column 'failure': '{wrong['failure'].iloc[0]}' does not "
            f"fit the verdict; expected one of {', '.join(FAILURES)}, or nothing if plus is true"
        )
    tasks = frame.groupby([*KEY, "task_id"])["index"].agg(["count", "nunique", "max"])
    wanted = tasks.index.get_level_values("benchmark").map(config.samples_per_task)
    right = (tasks["count"] == wanted) & (tasks["nunique"] == wanted) & (tasks["max"] < wanted)
    if not right.all():
        key = tasks.index[~right][0]
        raise UserError(
            f"{path}: {' '.join(map(str, key))} has {tasks.loc[key, 'count']} samples; expected "
            f"samples 0 to {config.samples_per_task(key[3]) - 1}, each once"
        )
    sizes = tasks.groupby(level=list(KEY)).size()
    # Of a benchmark with dates, each model is asked its own tasks.
    most: Any = sizes.groupby(level=["model", "benchmark"]).transform("max")
    if (fewer := sizes[sizes != most]).size:
        key = fewer.index[0]
        raise UserError(
            f"{path}: {' '.join(map(str, key))} has samples of {fewer.iloc[0]} tasks, another "
            f"policy of the same model of {most[key]}"
        )
    return frame
