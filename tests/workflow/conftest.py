"""A checkout to run Snakemake in: the repository's files, results of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
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


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that shows the repository's files by links and has no results yet."""
    for name in SHOWN:
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def command(*arguments: str | Path) -> list[str]:
    """The command line that runs this environment's Snakemake."""
    return [sys.executable, "-m", "snakemake", *map(str, arguments)]


def environment() -> dict[str, str]:
    """This process's environment without settings that would change what Snakemake does."""
    return {key: value for key, value in os.environ.items() if not key.startswith("SNAKEMAKE")}


@pytest.fixture
def snakemake(checkout: Path) -> Snakemake:
    """Run Snakemake in the checkout; return the finished process with its output as text."""

    def run(*arguments: str | Path, timeout: int = 1200) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=checkout,
            env=environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )

    return run
