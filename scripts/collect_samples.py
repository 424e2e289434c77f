"""Collect all gradings of samples of a run into benchmarks/samples.csv, a row per sample."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.evaluation.collect import collect_sampled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--verdicts", type=Path, nargs="+", required=True, help="of grade_sampled.py"
    )
    parser.add_argument(
        "--samples", type=Path, nargs="+", required=True, help="what was graded, in the same order"
    )
    parser.add_argument("--output", type=Path, required=True, help="benchmarks/samples.csv")
    arguments = parser.parse_args()
    rows = collect_sampled(arguments.verdicts, arguments.samples, arguments.output)
    print(f"{rows} samples in {arguments.output}")


if __name__ == "__main__":
    run(main)
