"""Print what a run will need and cost: GPU hours, wall time, memory, disk, and what it can find.

Runs nothing. What follows ``--`` is given to Snakemake, for example ``--configfile mine.yaml``.
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_yaml
from codepref.planning.costs import Costs
from codepref.planning.plan import (
    corrections,
    cpu_table,
    estimate,
    machine_table,
    memory_table,
    render,
)
from codepref.planning.power_plan import describe, has_the_test
from codepref.planning.work import Setting, Work
from codepref.tables.inputs import read_config
from codepref.tables.paper import PaperTables
from codepref.tables.power import Design, pooled_tasks
from codepref.workflow.dry_run import Job, configuration, dry_run
from codepref.workflow.runs import PREFLIGHT, run_folder, setting_of


def options() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--costs", type=Path, default=Path("envs/costs.yaml"))
    parser.add_argument("--paper", type=Path, default=Path("paper/tables.yaml"))
    parser.add_argument("--gpu", help="the kind of GPU, as in envs/costs.yaml; default: its own")
    parser.add_argument(
        "--from",
        dest="finished",
        type=Path,
        metavar="RUN",
        help="correct the prices by what this finished run's jobs took (results/<run>)",
    )
    parser.add_argument("snakemake", nargs="*", help="options for Snakemake, after --")
    return parser


def main() -> None:
    given = options().parse_args()
    config = configuration(given.snakemake)
    paper = read_yaml(given.paper, PaperTables)
    costs = read_yaml(given.costs, Costs)
    setting = setting_of(config, paper, costs, given.gpu or costs.gpu)
    jobs = dry_run(given.snakemake)
    corrected_by = []
    if given.finished:
        setting = corrected(setting, jobs, paper, given.finished)
        corrected_by.append(f"times that the jobs of {given.finished} took")
    if not config.compute.generate.gpus:
        print(cpu_table(jobs, Work(setting)))
        sources = [f"Estimates: {given.costs}, section cpu", *corrected_by]
        print(f"\n{'; '.join(sources)}.")
        return
    sources = [f"Estimates for {costs.of_gpu(setting.gpu).label}: arithmetic with {given.costs}"]
    if setting.throughputs:
        sources.append(f"throughputs that {PREFLIGHT} measured on {setting.throughputs.hardware}")
    print_plan(setting, jobs, "; ".join([*sources, *corrected_by]))
    if has_the_test(config, paper):
        seeds, samples = len(config.training.seeds), config.evaluation.samples_per_task
        design = Design(pooled_tasks(paper), seeds, samples)
        print(f"\n{describe(setting, paper, design)}")


def corrected(setting: Setting, jobs: list[Job], paper: PaperTables, finished: Path) -> Setting:
    """Return the setting with what a finished run's jobs took longer than planned."""
    before = read_config(finished / "config.json")
    theirs_had, has = (bool(one.compute.generate.gpus) for one in (before, setting.config))
    if theirs_had != has:
        ran = "with GPUs" if theirs_had else "without GPUs"
        raise UserError(f"{finished} ran {ran}: its times say nothing of a run that is not so")
    theirs = setting_of(before, paper, setting.costs, setting.gpu)
    found = corrections(jobs, run_folder(setting.config), finished, Work(theirs))
    return Setting(**{**vars(setting), "corrections": found})


def print_plan(setting: Setting, jobs: list[Job], sources: str) -> None:
    """Print the price by table of the paper, by machine, and the memory of trainings."""
    work = Work(setting)
    config = setting.config
    borrowing = {
        (experiment.model, method)
        for experiment in config.experiments
        for method in experiment.methods
        if config.is_off_policy(experiment, method)
    }
    off_policy = [
        job
        for job in jobs
        if (job.wildcards.get("model"), job.wildcards.get("method")) in borrowing
    ]
    parts = {
        "Table 1 (on-policy: base, RFT, DPO)": [job for job in jobs if job not in off_policy],
        "Table 2 adds (off-policy DPO)": off_policy,
    }
    for title, some in {**(parts if off_policy else {}), "All": jobs}.items():
        print(render(title, estimate(some, work)), end="\n\n")
    print(machine_table(jobs, work), end="\n\n")
    print(memory_table(setting), end="\n\n")
    print(f"{sources}.")


if __name__ == "__main__":
    run(main, keep_record=False)
