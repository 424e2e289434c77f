"""Print what a run will cost, per table and in total, and how likely it finds what it looks for.

Runs nothing. What follows ``--`` is given to Snakemake, for example ``--configfile mine.yaml``.
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import read_yaml
from codepref.tables.paper import PaperTables
from codepref.tables.power import Design, pooled_tasks
from codepref.workflow.dry_run import configuration, dry_run
from codepref.workflow.plan import Costs, estimate, render, wall_clock
from codepref.workflow.power_plan import answers_per_policy, describe, has_the_test


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--costs", type=Path, default=Path("envs/plan_costs.yaml"), help="default: %(default)s"
    )
    parser.add_argument("--paper", type=Path, default=Path("paper/tables.yaml"))
    parser.add_argument("snakemake", nargs="*", help="options for Snakemake, after --")
    given = parser.parse_args()

    config = configuration(given.snakemake)
    paper = read_yaml(given.paper, PaperTables)
    costs = read_yaml(given.costs, Costs)
    with_samples = costs.with_samples(answers_per_policy(config, paper))
    planned = dry_run(given.snakemake)
    off_policy = [job for job in planned if any("_off_policy" in path for path in job.outputs)]
    parts = {
        "Table 1 (on-policy: base, RFT, DPO)": [job for job in planned if job not in off_policy],
        "Table 2 adds (off-policy DPO)": off_policy,
    }
    for title, jobs in {**(parts if off_policy else {}), "All": planned}.items():
        lines = estimate(jobs, with_samples)
        print(render(title, lines, wall_clock(jobs, lines)), end="\n\n")
    print(
        f"Estimates from {given.costs} for at most {costs.at_once.gpus} GPUs and "
        f"{costs.at_once.cores} cores at once, without waiting in a queue."
    )
    if has_the_test(config, paper):
        seeds, samples = len(config.training.seeds), config.evaluation.samples_per_task
        design = Design(pooled_tasks(paper), seeds, samples)
        print(f"\n{describe(config, paper, costs, design)}")


if __name__ == "__main__":
    run(main, keep_record=False)
