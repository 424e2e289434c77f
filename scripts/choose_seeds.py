"""Choose what a model starts from when it writes problems: other problems, or pieces of code."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.files import read_records, write_records
from codepref.problems.settings import SynthesisedSource
from codepref.records import Problem
from codepref.synthesis.records import Snippet
from codepref.synthesis.seeds import choose_seeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="the source's name in the configuration")
    parser.add_argument("--collected", help="problem records (JSONL) to start from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", required=True, help="seeds (JSONL)")
    add_section(parser, SynthesisedSource)
    arguments = parser.parse_args()
    source = section_from(arguments, SynthesisedSource)
    if bool(source.path) == bool(arguments.collected):
        parser.error("give either --collected or --path")
    given = (
        list(read_records(source.path, Snippet))
        if source.path
        else list(read_records(arguments.collected, Problem))
    )
    seeds = choose_seeds(arguments.source, given, source, arguments.seed)
    write_records(arguments.output, seeds)
    controls = sum(seed.control for seed in seeds)
    print(f"{len(seeds) - controls} seeds and {controls} controls of {len(given)} given")


if __name__ == "__main__":
    run(main)
