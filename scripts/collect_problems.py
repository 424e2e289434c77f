"""Collect the problems of one source into one JSONL file of problem records."""

import argparse
import sys

from codepref.cli import add_section, run, section_from
from codepref.config import ProblemSource
from codepref.files import write_records
from codepref.problems.collect import collect


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="the source's name in the configuration")
    parser.add_argument("--output", required=True, help="problem records (JSONL)")
    add_section(parser, ProblemSource)
    arguments = parser.parse_args()
    source = section_from(arguments, ProblemSource)
    count = write_records(arguments.output, collect(arguments.source, source))
    print(f"{arguments.source}: {count} problems", file=sys.stderr)


if __name__ == "__main__":
    run(main)
