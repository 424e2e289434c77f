"""Say how likely a design finds the paper's own effect, and what other designs would cost.

With ``--write`` the power of the configured design replaces the generated section of
``paper/claims.yaml``.
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.config import Config
from codepref.files import read_text, read_yaml, write_text
from codepref.tables.inputs import read_config
from codepref.tables.paper import PaperTables
from codepref.tables.power import Design, generated_section, pooled_tasks
from codepref.workflow.plan import Costs
from codepref.workflow.power_plan import describe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="a run's config.json; default: the paper's")
    parser.add_argument("--paper", type=Path, default=Path("paper/tables.yaml"))
    parser.add_argument("--costs", type=Path, default=Path("envs/plan_costs.yaml"))
    parser.add_argument("--seeds", type=int, help="training seeds; default: the configuration's")
    parser.add_argument("--samples", type=int, help="per task; default: the configuration's")
    parser.add_argument("--write", type=Path, metavar="CLAIMS", help="paper/claims.yaml")
    arguments = parser.parse_args()

    config = read_config(arguments.config) if arguments.config else Config()
    paper = read_yaml(arguments.paper, PaperTables)
    seeds = len(config.training.seeds) if arguments.seeds is None else arguments.seeds
    samples = arguments.samples
    samples = config.evaluation.samples_per_task if samples is None else samples
    design = Design(pooled_tasks(paper), seeds, samples)
    if arguments.write:
        text = read_text(arguments.write)
        write_text(arguments.write, generated_section(text, paper, design))
    else:
        print(describe(config, paper, read_yaml(arguments.costs, Costs), design))


if __name__ == "__main__":
    run(main, keep_record=False)
