"""Cut the problems into shards: contiguous parts that one job each samples and executes."""

import argparse

from codepref.cli import run
from codepref.progress import say
from codepref.sampling.shards import split_problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--outputs", nargs="+", required=True, help="the shards, in order")
    arguments = parser.parse_args()
    count = split_problems(arguments.problems, arguments.outputs)
    say(f"{count} problems in {len(arguments.outputs)} shards")


if __name__ == "__main__":
    run(main)
