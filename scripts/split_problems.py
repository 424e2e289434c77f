"""Cut the problems into shards: contiguous parts that one job each samples and executes."""

import argparse
import sys
from pathlib import Path

from codepref.cli import run
from codepref.files import write_records
from codepref.sampling.shards import read_problems, shard_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument(
        "--outputs", nargs="+", type=Path, required=True, help="the shards, in order"
    )
    arguments = parser.parse_args()
    problems = read_problems(arguments.problems)
    count = len(arguments.outputs)
    for number, output in enumerate(arguments.outputs, start=1):
        write_records(output, shard_of(problems, number, count))
    print(f"{len(problems)} problems in {count} shards", file=sys.stderr)


if __name__ == "__main__":
    run(main)
