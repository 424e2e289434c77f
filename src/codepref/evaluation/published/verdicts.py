"""Verdicts as EvalPlus publishes them: ``eval_results.json``, in the forms of its versions."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.evaluation.published.packed import read_members

_PASSED = ("pass", "success")  # since EvalPlus 0.2.1, and before
_OUT_OF_TIME = ("timeout", "timed out")


@dataclass(frozen=True)
class PublishedVerdict:
    """What was published on one sample.

    Attributes:
        base: EvalPlus's status on the base inputs.
        plus: on the extra inputs; None if they were not run.
        program: the graded program; None if the file does not say.
    """

    base: str
    plus: str | None
    program: str | None = None

    @property
    def base_solved(self) -> bool:
        """Whether it counts in the base score."""
        return self.base in _PASSED

    @property
    def plus_solved(self) -> bool | None:
        """Whether it counts in the plus score; None if there is none."""
        return None if self.plus is None else self.base_solved and self.plus in _PASSED

    def out_of_time(self, part: str) -> bool:
        """Return whether a part ("base", "plus") ended without a verdict."""
        return (self.base if part == "base" else self.plus) in _OUT_OF_TIME


@dataclass(frozen=True)
class PublishedVerdicts:
    """A file of published verdicts.

    Attributes:
        where: the file.
        data_md5: of the decompressed data file that they were made with; empty if not said.
        date: when they were made ("2024-04-16 18:23"); empty if not said.
        of: task id -> one per sample, in the order of the samples file.
    """

    where: str
    data_md5: str
    date: str
    of: dict[str, list[PublishedVerdict]]

    def partners(self, programs: dict[str, list[str]]) -> dict[tuple[str, int], PublishedVerdict]:
        """Return the verdict of each sample (task id, number) that there is one of.

        Args:
            programs: task id -> the programs of its samples, in order. Where the file has the
                programs, too, a verdict belongs to the same program only.

        Raises:
            UserError: there is a verdict on none of them.
        """
        found: dict[tuple[str, int], PublishedVerdict] = {}
        for task_id, own in programs.items():
            given = self.of.get(task_id, [])
            if any(verdict.program is None for verdict in given):
                if len(given) == len(own):
                    found |= {(task_id, number): v for number, v in enumerate(given)}
                continue
            by_program: dict[str, list[PublishedVerdict]] = defaultdict(list)
            for verdict in given:
                by_program[_essence(str(verdict.program))].append(verdict)
            for number, program in enumerate(own):
                if same := by_program[_essence(program)]:
                    found[task_id, number] = same.pop(0)
        if not found:
            raise UserError(
                f"{self.where}: has no verdict on any of these samples: other tasks, other "
                "programs, or another number of samples a task; give the verdicts on these samples"
            )
        return found


def read_published(path: str | Path) -> PublishedVerdicts:
    """Read a file of EvalPlus's verdicts (``.json``, also gzipped or in an archive).

    Raises:
        UserError: it is missing or not such a file (names the task).
    """
    members = read_members(path, (".json",))
    if len(members) != 1:
        raise UserError(f"{path}: holds {len(members)} JSON files, expected one eval_results.json")
    [member] = members
    try:
        found = json.loads(member.text())
    except (ValueError, RecursionError) as error:
        raise UserError(f"{member.where}: not JSON: {error}") from error
    tasks = found.get("eval") if isinstance(found, dict) else None
    if not isinstance(tasks, dict) or not tasks:
        raise UserError(
            f"{member.where}: no verdicts of EvalPlus: expected its eval_results.json, an object "
            'with "eval"'
        )
    of = {}
    for task_id, verdicts in tasks.items():
        try:
            of[task_id] = _verdicts(verdicts)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                f"{member.where}: {task_id}: not EvalPlus's verdicts ({type(error).__name__}: "
                f"{error})"
            ) from error
    texts = {name: str(found.get(name, "")) for name in ("hash", "date")}
    return PublishedVerdicts(member.where, texts["hash"], texts["date"], of)


def _verdicts(found: Any) -> list[PublishedVerdict]:
    """Return a task's verdicts.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: they are not in EvalPlus's format.
    """
    if isinstance(found, list):  # since EvalPlus 0.2.1: an object per sample
        return [
            PublishedVerdict(v["base_status"], v.get("plus_status"), v.get("solution"))
            for v in found
        ]
    # Before: {"nfiles": n, "base": [[status, details], ...], "plus": [...]}.
    plus = [status for status, *_ in found.get("plus", [])] or [None] * len(found["base"])
    base = [status for status, *_ in found["base"]]
    return [PublishedVerdict(*statuses) for statuses in zip(base, plus, strict=True)]


def _essence(program: str) -> str:
    return "\n".join(line.rstrip() for line in program.strip().splitlines())
