"""Run Snakemake in a checkout: the repository's files, results of its own."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from helpers.places import ROOT

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


def extended_checkout(folder: Path) -> Path:
    """A checkout in ``folder`` whose package is a copy, to add modules to; return ``folder``."""
    for name in SHOWN:
        if name != "src":
            (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run_snakemake(
    folder: Path, *arguments: str | Path, timeout: int = 1200, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run Snakemake in a folder; return the finished process with its output as text."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env={**environment(), **variables},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
    )


def documented(page: str, section: str, language: str) -> list[str]:
    """The blocks of code in a language that a section of a page in docs/ shows."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    found = re.search(rf"^#+ {re.escape(section)}\n(.*?)(?=^##+ |\Z)", text, re.M | re.S)
    assert found, f"{page} has no section '{section}'"
    return re.findall(rf"^```{language}\n(.*?)^```$", found[1], re.M | re.S)


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
