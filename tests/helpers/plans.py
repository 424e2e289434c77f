"""What Snakemake plans in a folder, asked many times in one process, and a run that is finished."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from snakemake.cli import main as snakemake
from snakemake.logging import logger

from codepref.files import whole_folder
from codepref.provenance.record import mark_layout, recorded
from helpers.places import ROOT
from helpers.snakemake_runs import SHOWN

FOLDERS = ("models_fetch", "policies_train", "policies_train_online", "preflight_fetch")
"""rules whose first output is a folder"""


# On top of the demo: every rule has a job.
CONFIG = """
run: lost
own_claims: claims.yaml
preflight: [smollm, codeqwen]
experiments:
  - model: smollm
    methods: [base, rft, dpo, ppo, dpo_off_policy, dpo_redrawn, few, rated, again]
    off_policy_from: tutored
  - {model: own, methods: [base]}
models:
  own: {label: Own, source: {kind: folder, path: my model}, released_after: 2024-01-31}
  smollm: {released_after: 2024-10-31}
use_benchmarks: [held_out, humaneval_demo, tasks, dated]
benchmarks:
  dated:
    label: Dated
    dataset: livecodebench
    data: {kind: livecodebench, release: v6, path: dated, sha256: [HASH]}
  tasks:
    label: Tasks
    dataset: mbpp
    data: {kind: file, path: tasks.jsonl, sha256: HASH}
methods:
  dpo_redrawn: {label: Redrawn, trainer: dpo, pairs_seed: 1}
  few: {label: Few, trainer: dpo, max_pairs: 3}
  rated: {label: Rated, trainer: dpo, pairs: rated, pairs_from: judge}
  again: {label: Again, trainer: dpo, after: dpo}
rated_pairs:
  judge: {kind: codeultrafeedback, path: rated.jsonl, sha256: HASH}
problem_sources:
  mine: {kind: jsonl, path: mine.jsonl}
  theirs: {kind: leetcode_dataset, path: rows.jsonl}
  written: {kind: synthesised, model: smollm, seeds_from: theirs, problems: 8}
problems: {sources: [mine, theirs, templates, written], limit: 80, pilot: {samples: 2, keep: 60}}
evaluation: {rerank: [agreement, implicit_reward]}
problems_per_shard: 40
keep_checkpoints: KEEP
"""
OPTIONS = ("--configfile", "configs/demo.yaml", "lost.yaml")
NOT_MADE_AGAIN = ("accounts", "logs", "usage")
"""folders of a run whose files are no results (codepref.workflow.every_output)"""


GIVEN = {
    "problem_sources.mine.path": "mine.jsonl",
    "problem_sources.theirs.path": "rows.jsonl",
    "benchmarks.tasks.data.path": "tasks.jsonl",
    "benchmarks.dated.data.path": "dated/test6.jsonl",
    "rated_pairs.judge.path": "rated.jsonl",
    "models.own.source.path": "my model/weights",
    "own_claims": "claims.yaml",
}
"""what the configuration points at: a file of each key"""
RUN = "results/lost"


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


class Finished:
    """A finished run: its folder, and all its jobs."""

    def __init__(self, folder: Path, keep_checkpoints: str = "true") -> None:
        self.folder = folder
        for name in SHOWN:
            (folder / name).symlink_to(ROOT / name)
        (folder / "lost.yaml").write_text(
            CONFIG.replace("KEEP", keep_checkpoints).replace("HASH", "a" * 64)
        )
        for path in GIVEN.values():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text("1\n2\n")
        self.jobs = finish(folder, *OPTIONS)

    def plan(self) -> set[str]:
        """Return the names of the jobs that Snakemake plans now."""
        return {job.name for job in plan(self.folder, *OPTIONS)}

    def expected(self, path: str) -> set[str]:
        """Follow declared inputs from the maker of a file: what is to be made again."""
        found: set[Planned] = set()
        waiting = {job for job in self.jobs if path in job.outputs}
        assert len(waiting) == 1, path
        while waiting:
            job = waiting.pop()
            found.add(job)
            made = set(job.outputs)
            waiting |= {other for other in self.jobs if other.inputs & made} - found
        return {job.name for job in found}

    @property
    def results(self) -> dict[str, Planned]:
        """All files that are to be made again, with their makers."""
        made = {path: job for job in self.jobs for path in job.outputs}
        return {path: job for path, job in made.items() if not _is_no_result(path)}

    def kinds(self) -> list[str]:
        """One result of every rule's every kind of output, by the ends of their names.

        The rules of the figures are one in the file.
        """
        chosen = {
            (job.rule.split("_draw_")[0], "".join(Path(path).suffixes[-2:])): path
            for path, job in self.results.items()
        }
        return sorted(chosen.values())

    @contextmanager
    def without(self, path: str) -> Iterator[None]:
        """Take a file or a folder of it away for a while."""
        with tempfile.TemporaryDirectory(dir=self.folder) as aside:
            kept = Path(aside) / "kept"
            (self.folder / path).rename(kept)
            try:
                yield
            finally:
                kept.rename(self.folder / path)


def _is_no_result(path: str) -> bool:
    return Path(path).parts[2] in NOT_MADE_AGAIN
