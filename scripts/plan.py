"""Print what a run will cost: jobs, GPU hours, wall clock, disk; per table and in total.

Runs nothing. What follows ``--`` is given to Snakemake, for example ``--configfile mine.yaml``.
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.workflow.dry_run import dry_run
from codepref.workflow.plan import estimate, read_costs, render, wall_clock


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--costs", type=Path, default=Path("envs/plan_costs.yaml"), help="default: %(default)s"
    )
    parser.add_argument("snakemake", nargs="*", help="options for Snakemake, after --")
    given = parser.parse_args()

    costs = read_costs(given.costs)
    planned = dry_run(given.snakemake)
    off_policy = [item for item in planned if any("_off_policy" in path for path in item.outputs)]
    parts = {
        "Table 1 (on-policy: base, RFT, DPO)": [i for i in planned if i not in off_policy],
        "Table 2 adds (off-policy DPO)": off_policy,
        "All": planned,
    }
    if not off_policy:
        parts = {"All": planned}
    for title, items in parts.items():
        jobs = [item.job for item in items]
        lines = estimate(jobs, costs)
        print(render(title, lines, wall_clock(jobs, lines)), end="\n\n")
    print(
        f"Estimates from {given.costs} for at most {costs.at_once.gpus} GPUs and "
        f"{costs.at_once.cores} cores at once, without waiting in a queue."
    )


if __name__ == "__main__":
    run(main, keep_record=False)
