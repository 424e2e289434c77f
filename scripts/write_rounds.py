"""Write what rounds of training did to the training problems: which give a pair, round by round."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import write_text
from codepref.tables.inputs import add_config_option, read_config
from codepref.tables.render import csv_text, renderings
from codepref.tables.rounds import NAME, add_rounds_options, problem_lines, rounds_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_config_option(parser)
    add_rounds_options(parser)
    parser.add_argument("--output-folder", type=Path, required=True)
    arguments = parser.parse_args()
    config = read_config(arguments.config)
    table = rounds_table(arguments, config)
    if table is None:
        raise UserError("--round-executions: name the verdicts of two rounds or more")
    lines = problem_lines(config, arguments.round_executions)
    for suffix, text in renderings(table).items():
        write_text(arguments.output_folder / f"{NAME}.{suffix}", text)
    write_text(arguments.output_folder / "round_problems.csv", csv_text(lines))


if __name__ == "__main__":
    run(main)
