"""Run Snakemake in a checkout: the repository's files, results of its own."""

import base64
import json
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


def declared_inputs(folder: Path) -> dict[str, set[str]]:
    """What Snakemake itself noted of the jobs it ran in a folder: the inputs of every output."""
    declared = {}
    for file in (folder / ".snakemake" / "metadata").rglob("*"):
        if file.is_file():
            # Long names are cut into folders that start with "@".
            parts = file.relative_to(folder / ".snakemake" / "metadata").parts
            name = base64.b64decode("".join(part.removeprefix("@") for part in parts)).decode()
            declared[name] = set(json.loads(file.read_text())["input"])
    return declared
