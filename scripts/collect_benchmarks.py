"""Collect all gradings of a run into benchmarks.csv, and one line per task."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.evaluation.collect import collect


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--verdicts", type=Path, nargs="+", required=True, help="of grade_benchmark.py"
    )
    parser.add_argument(
        "--samples", type=Path, nargs="+", required=True, help="what was graded, in the same order"
    )
    parser.add_argument("--output", type=Path, required=True, help="benchmarks.csv")
    parser.add_argument("--tasks", type=Path, required=True, help="task_verdicts.csv")
    arguments = parser.parse_args()
    rows = collect(arguments.verdicts, arguments.samples, arguments.output, arguments.tasks)
    print(f"{rows} rows in {arguments.output}")


if __name__ == "__main__":
    run(main)
