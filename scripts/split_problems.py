"""Cut the problems into shards: contiguous parts that one job each samples and executes."""

import argparse

from codepref.cli import run
from codepref.errors import UserError
from codepref.progress import say
from codepref.sampling.shards import split_problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--outputs", nargs="+", required=True, help="the shards, in order")
    parser.add_argument(
        "--per-shard", type=int, required=True, metavar="N", help="problems of a shard, about"
    )
    arguments = parser.parse_args()
    if arguments.per_shard < 1:
        raise UserError(f"--per-shard: expected 1 or more, not {arguments.per_shard}")
    sizes = split_problems(arguments.problems, arguments.outputs, arguments.per_shard)
    say(f"{sum(sizes)} problems in {len(sizes)} shards: {', '.join(map(str, sizes))}")


if __name__ == "__main__":
    run(main)
