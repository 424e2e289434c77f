"""Say how likely a design finds the paper's own effect, and what other designs would cost.

With ``--write`` the configured design's power and price replace the generated sections of
``paper/claims.yaml``.
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.config import Config
from codepref.files import read_text, read_yaml, write_text
from codepref.planning.costs import Costs
from codepref.planning.power_plan import describe, expected_tasks, hours_of_parts
from codepref.planning.work import Setting, Work
from codepref.tables.inputs import read_config
from codepref.tables.paper import PaperTables
from codepref.tables.power import Design, generated_section, pooled_tasks
from codepref.workflow.runs import architectures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="a run's config.json; default: the paper's")
    parser.add_argument("--paper", type=Path, default=Path("paper/tables.yaml"))
    parser.add_argument("--costs", type=Path, default=Path("envs/costs.yaml"))
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
    costs = read_yaml(arguments.costs, Costs)
    sizes = architectures(config, costs)
    setting = Setting(config, costs, costs.gpu, expected_tasks(config, paper), sizes)
    if arguments.write:
        text = read_text(arguments.write)
        hours = hours_of_parts(Work(setting))
        write_text(arguments.write, generated_section(text, paper, design, hours))
    else:
        print(describe(setting, paper, design))


if __name__ == "__main__":
    run(main, keep_record=False)
