"""Print what a run will cost: jobs, GPU hours, wall clock, disk; per table and in total.

Runs nothing. What follows ``--`` is given to Snakemake, for example ``--configfile mine.yaml``.
"""

import argparse
import logging
import sys
from pathlib import Path
from typing import Any

from codepref.cli import run
from codepref.errors import UserError
from codepref.workflow.plan import Job, estimate, read_costs, render, wall_clock

# What each table of the paper needs: rules of other tables' jobs are left out by these patterns.
TABLES = {
    "Table 1 (on-policy: base, RFT, DPO)": lambda path: "_off_policy" not in path,
    "Table 2 adds (off-policy DPO)": lambda path: "_off_policy" in path,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--costs", type=Path, default=Path("envs/plan_costs.yaml"), help="default: %(default)s"
    )
    parser.add_argument("snakemake", nargs="*", help="options for Snakemake, after --")
    given = parser.parse_args()

    costs = read_costs(given.costs)
    found = dry_run(given.snakemake)
    jobs = [job for job, _ in found]
    for title, belongs in TABLES.items():
        part = [job for job, outputs in found if belongs(" ".join(outputs))]
        if part and len(part) < len(jobs):
            lines = estimate(part, costs)
            print(render(title, lines, wall_clock(part, lines)), end="\n\n")
    lines = estimate(jobs, costs)
    print(render("All", lines, wall_clock(jobs, lines)))
    print(
        f"\nEstimates from {given.costs} for at most {costs.at_once.gpus} GPUs and "
        f"{costs.at_once.cores} cores at once, without waiting in a queue."
    )


def dry_run(options: list[str]) -> list[tuple[Job, list[str]]]:
    """Return every job of the run, finished or not, with its output files.

    Raises:
        UserError: Snakemake refuses the configuration (its message is printed before).
    """
    from snakemake.cli import main as snakemake
    from snakemake.logging import logger

    records: list[dict[str, Any]] = []
    messages: list[str] = []

    def keep(record: logging.LogRecord) -> bool:
        if hasattr(record, "rule_name") and hasattr(record, "resources"):
            records.append(vars(record))
        elif record.levelno >= logging.ERROR:
            messages.append(record.getMessage())
        return False

    logger.addFilter(keep)
    # More cores than any rule asks for: a dry run cuts threads to what it is given.
    arguments = ["--dry-run", "--forceall", "--nolock", "--cores", "100000", *options]
    try:
        snakemake(arguments)
    except SystemExit as stopped:
        if stopped.code:
            print("\n".join(messages), file=sys.stderr)
            raise UserError("no plan: the dry run failed; its message is above") from None
    finally:
        logger.removeFilter(keep)
    if not records:
        raise UserError("no plan: the dry run has no jobs")
    made_by = {path: record["rule_name"] for record in records for path in record["output"]}
    return [(_job(record, made_by), list(record["output"])) for record in records]


def _job(record: dict[str, Any], made_by: dict[str, str]) -> Job:
    usage = record["benchmark"]
    return Job(
        rule=record["rule_name"],
        gpus=record["resources"].get("gpu", 0),
        threads=record["threads"],
        usage=Path(usage) if usage else None,
        depends_on=frozenset(made_by[path] for path in record["input"] if path in made_by),
    )


if __name__ == "__main__":
    run(main, keep_record=False)
