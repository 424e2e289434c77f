"""Print Tables 1 and 2 of a run, and where its report lies."""

import argparse
import shutil
from pathlib import Path

from codepref.cli import run
from codepref.tables.inputs import add_result_options, results_from
from codepref.tables.render import terminal
from codepref.tables.score_tables import score_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    parser.add_argument("--report", type=Path, required=True, help="report.html")
    arguments = parser.parse_args()
    width = shutil.get_terminal_size((120, 24)).columns
    results = results_from(arguments)
    for table in (score_table(results, "table1"), score_table(results, "table2")):
        print(terminal(table.overview, width))
    print(f"* the best variant of a model in this run\nReport: {arguments.report.resolve()}")


if __name__ == "__main__":
    run(main)
