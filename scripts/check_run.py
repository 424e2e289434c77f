"""Check within a minute what a run needs, and price it; runs nothing of it.

Exit status 1: something is missing; the table says what, and how to mend it.
"""

import argparse
import sys
from pathlib import Path

import yaml

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_yaml, write_text
from codepref.planning.costs import Costs
from codepref.planning.plan import price, stage_seconds
from codepref.planning.work import Work
from codepref.preflight.findings import Finding, refused
from codepref.preflight.needs import disk, needs
from codepref.preflight.table import as_text
from codepref.provenance.record import ROOT
from codepref.tables.paper import PaperTables
from codepref.workflow.dry_run import configuration, dry_run
from codepref.workflow.given_files import models_of
from codepref.workflow.runs import fetched_folder, run_folder, setting_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, nargs="*", help="overlays, as for --configfile")
    parser.add_argument("--costs", type=Path, default=Path("envs/costs.yaml"))
    parser.add_argument("--paper", type=Path, default=Path("paper/tables.yaml"))
    parser.add_argument(
        "--seconds",
        type=Path,
        metavar="FILE",
        help="write what jobs are expected to take (YAML), so that the logger tells the time left",
    )
    given = parser.parse_args()

    options = ["--configfile", *map(str, given.config)] if given.config else []
    config = configuration(options)
    models = models_of(config)
    found = list(needs(config, models, lambda name: fetched_folder(config, name), ROOT))
    text = ""
    try:
        costs, paper = read_yaml(given.costs, Costs), read_yaml(given.paper, PaperTables)
        work = Work(setting_of(config, paper, costs, costs.gpu))
        jobs = dry_run(options)
        text, room = price(jobs, work)
        found.append(disk(run_folder(config), room))
        if given.seconds:
            expected = yaml.safe_dump(stage_seconds(jobs, work), sort_keys=False)
            write_text(given.seconds, expected)
    except UserError as error:
        found.append(refused("price", error))
    print(f"What the run '{config.run}' needs\n\n{as_text(found)}\n")
    print(conclusion(found, text, options))
    if any(one.verdict == "failed" for one in found):
        sys.exit(1)


def conclusion(found: list[Finding], price_text: str, options: list[str]) -> str:
    """Return what to do now."""
    if missing := [one.check for one in found if one.verdict == "failed"]:
        last = f"{len(missing)} of {len(found)} need mending: {', '.join(missing)}."
    else:
        last = f"Nothing is missing. Start it: snakemake --cores all {' '.join(options)}".rstrip()
    return "\n".join(filter(None, [price_text, last]))


if __name__ == "__main__":
    run(main, keep_record=False)
