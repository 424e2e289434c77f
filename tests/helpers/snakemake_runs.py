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

# A process that shares the machine with another (make test) has one core, whatever a rule asks for.
CORES = "1" if "PYTEST_XDIST_WORKER" in os.environ else "2"

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


# Python runs this at the start of every process: it notes each file opened below a folder.
_WATCH = """
import contextlib, os, sys
noted = set()

def note(event, arguments):
    if event != "open" or not isinstance(arguments[0], (str, bytes)):
        return
    path = os.path.relpath(os.fsdecode(arguments[0]), {folder!r})
    writing = isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
    if writing or path.startswith("..") or path in noted:
        return
    noted.add(path)
    with contextlib.suppress(OSError):  # in a sandbox the log is out of reach
        handle = os.open(f"{log}/{{os.getpid()}}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, (" ".join(getattr(sys, "argv", [])) + "\\t" + path + "\\n").encode())
        os.close(handle)

sys.addaudithook(note)
"""


def watch_reads(folder: Path, place: Path) -> str:
    """Make Python note what it opens below ``folder``; return the PYTHONPATH that does so.

    ``reads_of_commands(place)`` says what was noted.
    """
    (place / "log").mkdir(parents=True)
    text = _WATCH.format(folder=str(folder), log=place / "log")
    (place / "sitecustomize.py").write_text(text)
    return os.pathsep.join(filter(None, [str(place), os.environ.get("PYTHONPATH")]))


def reads_of_commands(place: Path) -> dict[str, set[Path]]:
    """What each command line opened for reading."""
    found: dict[str, set[Path]] = {}
    for file in (place / "log").iterdir():
        for line in file.read_text().splitlines():
            command, _, path = line.rpartition("\t")
            found.setdefault(command, set()).add(Path(path))
    return found
