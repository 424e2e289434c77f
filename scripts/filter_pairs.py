"""Keep a part of a pairs file: of some sources, of a control (Table 2), or of a size."""

import argparse

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.pairs.build import length_matched, nested_subset, shared_problems
from codepref.records import Pair, Problem

CONTROLS = {"shared_problems": shared_problems, "length_matched": length_matched}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", required=True, help="pair records (JSONL)")
    parser.add_argument("--other", help="the other model's pair records, for --control")
    parser.add_argument("--control", choices=["none", *CONTROLS], default="none")
    parser.add_argument("--problems", help="problem records, for --problem-sources")
    parser.add_argument(
        "--problem-sources", nargs="+", metavar="SOURCE", help="only pairs of their problems"
    )
    parser.add_argument("--max-pairs", type=int, help="random subset of this size, after --control")
    parser.add_argument("--seed", type=int, default=0, help="of the subset; subsets are nested")
    parser.add_argument("--output", required=True, help="the pairs kept (JSONL)")
    arguments = parser.parse_args()

    pairs = kept = list(read_records(arguments.pairs, Pair))
    if arguments.problem_sources:
        if not arguments.problems:
            raise UserError("--problem-sources needs --problems, which say what a source has")
        sources = {one.id: one.source for one in read_records(arguments.problems, Problem)}
        if unknown := sorted(set(arguments.problem_sources) - set(sources.values())):
            raise UserError(
                f"{arguments.problems}: no problem is of source '{unknown[0]}'; there are "
                f"{', '.join(sorted(set(sources.values())))}"
            )
        kept = [pair for pair in kept if sources.get(pair.problem_id) in arguments.problem_sources]
    if arguments.control != "none":
        if not arguments.other:
            raise UserError(f"--control {arguments.control} needs --other, the other model's pairs")
        other = list(read_records(arguments.other, Pair))
        kept = CONTROLS[arguments.control](kept, other)
    if arguments.max_pairs and arguments.max_pairs > len(kept):
        raise UserError(
            f"{arguments.pairs}: {arguments.max_pairs} pairs are wanted, there are {len(kept)}; "
            "lower max_pairs or make more pairs"
        )
    kept = nested_subset(kept, arguments.max_pairs, arguments.seed)
    if not kept:
        asked = [*(arguments.problem_sources or []), f"--control {arguments.control}"]
        raise UserError(f"{arguments.pairs}: no pair is left of {', '.join(asked)}")
    write_records(arguments.output, kept)
    print(f"{len(kept)} of {len(pairs)} pairs kept")


if __name__ == "__main__":
    run(main)
