"""Keep the problems that a pilot of a few samples each finds promising, and record why."""

import argparse

from codepref.cli import run
from codepref.files import read_records, write_json, write_records
from codepref.problems.pilot import select
from codepref.progress import say
from codepref.records import Execution, read_problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", required=True, help="the candidates (JSONL)")
    parser.add_argument("--executions", required=True, help="verdicts on the pilot's samples")
    parser.add_argument("--samples", type=int, required=True, help="of each candidate")
    parser.add_argument("--of", type=int, required=True, help="samples of each in the end")
    parser.add_argument("--keep", type=int, required=True, help="how many problems")
    parser.add_argument("--min-tests", type=int, default=0, help="that a kept problem has")
    parser.add_argument("--seed", type=int, required=True, help="of the draw among equals")
    parser.add_argument("--output", required=True, help="the problems kept (JSONL)")
    parser.add_argument("--record", required=True, help="which were kept, and why (JSON)")
    given = parser.parse_args()
    candidates = list(read_problems(given.problems).values())
    executions = read_records(given.executions, Execution)
    kept, record = select(
        candidates, executions, given.samples, given.of, given.keep, given.seed, given.min_tests
    )
    write_records(given.output, kept)
    write_json(given.record, record)
    say(f"{len(kept)} of {len(candidates)} problems kept")


if __name__ == "__main__":
    run(main)
