"""Print Tables 1 and 2 of a run, the differences to base, samples, and where its report lies."""

import argparse
import shutil
import textwrap
from pathlib import Path
from typing import Literal

from codepref.cli import run
from codepref.tables.inputs import add_result_options, results_from
from codepref.tables.render import terminal
from codepref.tables.sampled_tables import sampled_tables
from codepref.tables.score_tables import change_table, score_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    parser.add_argument("--report", type=Path, required=True, help="report.html")
    arguments = parser.parse_args()
    width = shutil.get_terminal_size((120, 24)).columns
    results = results_from(arguments)
    print(textwrap.fill(f"Run {results.config.run}. {results.stamp.text}.", width) + "\n")
    names: tuple[Literal["table1", "table2"], ...] = ("table1", "table2")
    for name in names:
        print(terminal(score_table(results, name).overview, width))
        if change := change_table(results, name):
            print(terminal(change, width))
    for table in sampled_tables(results)[:1]:
        print(terminal(table.overview, width))
    print(f"* the best variant of a model in this run\nReport: {arguments.report.resolve()}")


if __name__ == "__main__":
    run(main)
