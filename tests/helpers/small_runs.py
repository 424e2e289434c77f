"""Small runs in the pipeline's own formats, made for the tests and shown nowhere."""

import csv
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from codepref.config import Config
from codepref.config_loading import load_config
from codepref.files import read_yaml
from codepref.tables.paper import PaperTables
from codepref.tables.results import Results, load_results
from helpers.places import PAPER, ROOT, SCRIPTS, TESTS

TABLES = PAPER / "tables.yaml"


def script(name: str, *options: object, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a script; return the finished process with its output as text."""
    command = [sys.executable, str(SCRIPTS / name), *map(str, options)]
    environment = {**os.environ, "COLUMNS": "160"}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)


def demo_config() -> Config:
    """Return a configuration of demo scale: two models, every method, two benchmarks."""
    return load_config(yaml.safe_load((TESTS / "helpers/two_models.yaml").read_text("utf-8")))


def write_results(
    folder: Path, config: Config, outcomes: dict[tuple[str, str, int, str], dict[str, bool]]
) -> list[str]:
    """Write resolved.json, benchmarks.csv and task_verdicts.csv; return the options for them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "resolved.json").write_text(config.model_dump_json(), encoding="utf-8")
    key_columns = ["model", "method", "seed", "benchmark"]
    rows: list[list] = [[*key_columns, "solved", "total"]]
    tasks: list[list] = [[*key_columns, "task_id", "passed"]]
    for key, verdicts in outcomes.items():
        rows.append([*key, sum(verdicts.values()), len(verdicts)])
        tasks += [[*key, task, int(passed)] for task, passed in verdicts.items()]
    for name, lines in (("benchmarks.csv", rows), ("task_verdicts.csv", tasks)):
        with (folder / name).open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows(lines)
    return [
        f"--config={folder / 'resolved.json'}",
        f"--benchmarks={folder / 'benchmarks.csv'}",
        f"--tasks={folder / 'task_verdicts.csv'}",
        f"--paper={TABLES}",
    ]


def outcomes_like_the_paper(
    seeds: Sequence[int] = Config().training.seeds,
) -> dict[tuple[str, str, int, str], dict[str, bool]]:
    """Per-task verdicts that add up to the paper's counts (which tasks is drawn at random)."""
    outcomes = {}
    for row in read_yaml(TABLES, PaperTables).rows:
        for benchmark, solved in row.solved.items():
            total = read_yaml(TABLES, PaperTables).totals[benchmark]
            for seed in [0] if row.variant == "base" else seeds:
                order = list(range(total))
                # A variant differs from base in few tasks: the order of difficulty is shared.
                random.Random(f"{row.model}{benchmark}").shuffle(order)
                passed = set(order[:solved])
                outcomes[row.model, row.variant, seed, benchmark] = {
                    f"{benchmark}/{task}": task in passed for task in range(total)
                }
    return outcomes


def demo_outcomes() -> dict[tuple[str, str, int, str], dict[str, bool]]:
    """Random verdicts for the demo's configuration."""
    config, generator, outcomes = demo_config(), random.Random(0), {}
    for experiment in config.experiments:
        for method in experiment.methods:
            for name in config.use_benchmarks:
                base = {f"T/{n}": generator.random() < 0.4 for n in range(16)}
                plus = {task: passed and generator.random() < 0.8 for task, passed in base.items()}
                outcomes[experiment.model, method, 0, name] = base
                outcomes[experiment.model, method, 0, f"{name}+"] = plus
    return outcomes


def load(folder: Path, config: Config, outcomes: dict) -> Results:
    """Write a run's results and load them as the tables do."""
    write_results(folder, config, outcomes)
    files = folder / "benchmarks.csv", folder / "task_verdicts.csv"
    return load_results(config, read_yaml(TABLES, PaperTables), *files)
