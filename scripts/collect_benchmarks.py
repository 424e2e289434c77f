"""Collect all gradings of a run into benchmarks.csv and one line per task."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.evaluation.collect import Grading, collect


def grading(values: list[str]) -> Grading:
    model, method, seed, benchmark, verdicts, samples = values
    if not seed.isdecimal():
        raise UserError(f"--input: the third value is the seed, a whole number, not '{seed}'")
    return Grading(model, method, int(seed), benchmark, Path(verdicts), Path(samples))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--input",
        nargs=6,
        action="append",
        required=True,
        metavar=("MODEL", "METHOD", "SEED", "BENCHMARK", "VERDICTS", "SAMPLES"),
        help="one grading; may be repeated",
    )
    parser.add_argument("--output", type=Path, required=True, help="benchmarks.csv")
    parser.add_argument("--tasks", type=Path, required=True, help="task_verdicts.csv")
    arguments = parser.parse_args()

    rows = collect(
        [grading(values) for values in arguments.input], arguments.output, arguments.tasks
    )
    print(f"{rows} rows in {arguments.output}")


if __name__ == "__main__":
    run(main)
