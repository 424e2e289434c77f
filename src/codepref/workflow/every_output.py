"""What ``rule all`` asks for, derived from the rules: every output that the configuration needs.

Snakemake makes a lost file again only if a target or a job to be done asks for it. So all files are
targets, but for these:

- ``temp()``: Snakemake itself deletes them;
- what lies in the run's folder ``accounts/``: what a job noted about its work while it made
  something large. A rule of its own makes the report from it, so that a lost report costs a report,
  not the work; a lost account costs nothing until its report is lost, too;
- logs and usage files: they say how a job went. Only the job itself, done again, could write them,
  and they would tell of another run than the one that the results come from.
"""

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.io import is_flagged
from snakemake.output_index import OutputIndex
from snakemake.rules import Rule

ACCOUNTS = "accounts"


def every_output(rules: Iterable[Rule], run: str, unread: Iterable[str] = ()) -> list[str]:
    """Return all files to be made in a run's folder, sorted.

    They are the outputs of all rules without wildcards, of the jobs that make ``unread``, and of
    every job that makes an input of theirs, and so on.

    Args:
        rules: those of the workflow, and of others that it is a module of.
        run: the run's folder.
        unread: files that no rule reads and whose rule has wildcards.

    Raises:
        WorkflowError: no rule makes a file of the run, or several rules do.
    """
    rules = [rule for rule in rules if any(_inside(path, run) for path in rule.output)]
    index = OutputIndex(rules)
    found: set[str] = set()
    waiting = deque((rule, dict[str, str]()) for rule in rules if not rule.has_wildcards())
    asked = set(unread)
    waiting += [_job(index, path) for path in asked]
    while waiting:
        rule, wildcards = waiting.popleft()
        outputs, _ = rule.expand_output(wildcards)
        found |= {str(path) for path in outputs if not _left_out(path, run)}
        asked |= {str(path) for path in outputs}
        inputs, *_ = rule.expand_input(wildcards)
        new = {str(path) for path in inputs if _inside(path, run)} - asked
        asked |= new
        waiting += [_job(index, path) for path in new]
    return sorted(found)


def _inside(path: str | Path, run: str) -> bool:
    return Path(path).is_relative_to(run)


def _left_out(path: str, run: str) -> bool:
    return is_flagged(path, "temp") or _inside(path, f"{run}/{ACCOUNTS}")


def _job(index: OutputIndex, path: str) -> tuple[Rule, dict[str, str]]:
    """Return the rule that makes a file, and its wildcards there."""
    makers = index.match_producers(path)
    if len(makers) != 1:
        names = ", ".join(sorted(rule.name for rule in makers)) or "none"
        raise WorkflowError(f"{path}: expected one rule that makes it, found: {names}")
    rule = makers.pop()
    return rule, dict(rule.get_wildcards(path))
