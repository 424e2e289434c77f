"""Keep a part of a pairs file: a control of the off-policy comparison, a size of the data sweep."""

import argparse

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.pairs.build import length_matched, nested_subset, shared_problems
from codepref.records import Pair

CONTROLS = {"shared_problems": shared_problems, "length_matched": length_matched}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", required=True, help="pair records (JSONL)")
    parser.add_argument("--other", help="the other model's pair records, for --control")
    parser.add_argument("--control", choices=["none", *CONTROLS], default="none")
    parser.add_argument("--max-pairs", type=int, help="random subset of this size, after --control")
    parser.add_argument("--seed", type=int, default=0, help="of the subset; subsets are nested")
    parser.add_argument("--output", required=True, help="the pairs kept (JSONL)")
    arguments = parser.parse_args()

    pairs = kept = list(read_records(arguments.pairs, Pair))
    if arguments.control != "none":
        if not arguments.other:
            raise UserError(f"--control {arguments.control} needs --other, the other model's pairs")
        other = list(read_records(arguments.other, Pair))
        kept = CONTROLS[arguments.control](pairs, other)
    if arguments.max_pairs and arguments.max_pairs > len(kept):
        raise UserError(
            f"{arguments.pairs}: {arguments.max_pairs} pairs are wanted, there are {len(kept)}; "
            "lower max_pairs or make more pairs"
        )
    kept = nested_subset(kept, arguments.max_pairs, arguments.seed)
    if not kept:
        raise UserError(f"{arguments.pairs}: no pair is left after --control {arguments.control}")
    write_records(arguments.output, kept)
    print(f"{len(kept)} of {len(pairs)} pairs kept")


if __name__ == "__main__":
    run(main)
