"""What Snakemake plans in a folder, asked many times in one process, and a run that is finished."""

import logging
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from snakemake.cli import main as snakemake
from snakemake.logging import logger

from codepref.files import whole_folder
from codepref.provenance.record import mark_layout, recorded

FOLDERS = ("models_fetch", "policies_train", "policies_train_online", "preflight_fetch")
"""rules whose first output is a folder"""


@dataclass(frozen=True)
class Planned:
    """One job of a plan."""

    rule: str
    inputs: frozenset[str]
    outputs: tuple[str, ...]
    others: tuple[str, ...]
    """its log and usage file"""

    @property
    def name(self) -> str:
        """The job in a few words; its outputs tell jobs of one rule apart."""
        return f"{self.rule} {self.outputs[0] if self.outputs else ''}".strip()


def plan(folder: Path, *options: str) -> list[Planned]:
    """Return the jobs that a dry run names, without ``all``."""
    records: list[dict[str, Any]] = []
    errors: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        if hasattr(record, "rule_name") and hasattr(record, "resources"):
            records.append(vars(record))
        elif record.levelno >= logging.ERROR:
            errors.append(record.getMessage())
        return False

    logger.addFilter(keep)
    try:
        with chdir(folder):
            snakemake(["--dry-run", "--nolock", "--cores", "2", *options])
    except SystemExit as stopped:
        assert not stopped.code, errors
    finally:
        logger.removeFilter(keep)
    return [_planned(record) for record in records if record["rule_name"] != "all"]


def _planned(record: dict[str, Any]) -> Planned:
    others = [*(record["log"] or []), *([record["benchmark"]] if record["benchmark"] else [])]
    return Planned(
        rule=record["rule_name"],
        inputs=frozenset(map(str, record["input"])),
        outputs=tuple(map(str, record["output"])),
        others=tuple(map(str, others)),
    )


def finish(folder: Path, *options: str) -> list[Planned]:
    """Write a file for every output of a run, have Snakemake take them as made; return its jobs.

    Folders hold two files and have a record of them.
    """
    jobs = plan(folder, "--forceall", *options)
    with chdir(folder):
        mark_layout(next(Path(*Path(path).parts[:2]) for job in jobs for path in job.outputs))
        for job in jobs:
            for path in (*job.outputs, *job.others):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                if job.rule in FOLDERS and path == job.outputs[0]:
                    with recorded(["scripts/made.py"]), whole_folder(path) as new:
                        (new / "config.json").write_text("{}")
                        (new / "inner").mkdir()
                        (new / "inner/weights").write_text(path)
                else:
                    Path(path).write_text(path)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as stopped:
            patch.setattr("snakemake.executors.touch.Executor.SLEEPING_TIME", 0)
            touch = ["--touch", "--forceall", "--nolock", "--quiet", "all", "--cores", "1"]
            snakemake([*touch, *options])
        assert not stopped.value.code
    return jobs
