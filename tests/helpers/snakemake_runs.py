"""Run Snakemake in a checkout: the repository's files, results of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

SHOWN = [
    "Snakefile",
    "config.yaml",
    "configs",
    "rules",
    "scripts",
    "paper",
    "report",
    "envs",
    "src",
]

Snakemake = Callable[..., subprocess.CompletedProcess[str]]


def command(*arguments: str | Path) -> list[str]:
    """The command line that runs this environment's Snakemake."""
    return [sys.executable, "-m", "snakemake", *map(str, arguments)]


def environment() -> dict[str, str]:
    """This process's environment without settings that would change what Snakemake does."""
    return {key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")}


def jobs(output: str) -> dict[str, int]:
    """The table of job counts that a dry run prints."""
    table = output.split("Job stats:")[1]
    return {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", table, re.M)}
