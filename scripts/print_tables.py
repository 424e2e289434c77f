"""Print Tables 1 and 2 of a run, and where its report lies."""

import argparse
import csv
import shutil
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.tables.render import terminal
from codepref.tables.score_tables import from_records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=Path, required=True, help="folder of render_tables.py")
    parser.add_argument("--report", type=Path, required=True)
    arguments = parser.parse_args()
    width = shutil.get_terminal_size((120, 24)).columns
    for name in ("table1", "table2"):
        path = arguments.tables / f"{name}.csv"
        if not path.is_file():
            raise UserError(f"{path}: no such file; run the workflow first (make demo)")
        with path.open(encoding="utf-8", newline="") as stream:
            print(terminal(from_records(name, list(csv.DictReader(stream))), width))
    print(f"* the best variant of a model in this run\nReport: {arguments.report.resolve()}")


if __name__ == "__main__":
    run(main)
