"""Collect all gradings of a run into benchmarks.csv, one line per task, and one per sample."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.evaluation.collect import collect, collect_sampled


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
    parser.add_argument(
        "--sampled-verdicts", type=Path, nargs="+", default=[], help="of grade_sampled.py"
    )
    parser.add_argument(
        "--sampled", type=Path, nargs="+", default=[], help="what it graded, in the same order"
    )
    parser.add_argument(
        "--sample-table", type=Path, help="benchmarks/samples.csv, of --sampled-verdicts"
    )
    arguments = parser.parse_args()
    if bool(arguments.sampled_verdicts) != bool(arguments.sample_table):
        raise UserError("--sampled-verdicts and --sample-table: give both or neither")
    if arguments.sample_table:
        given = (arguments.sampled_verdicts, arguments.sampled, arguments.sample_table)
        print(f"{collect_sampled(*given)} samples in {arguments.sample_table}")
    rows = collect(arguments.verdicts, arguments.samples, arguments.output, arguments.tasks)
    print(f"{rows} rows in {arguments.output}")


if __name__ == "__main__":
    run(main)
