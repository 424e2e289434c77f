"""Merge the problems of all sources: duplicates dropped, with a report of what left and why."""

import argparse
import sys

from codepref.cli import add_section, run, section_from
from codepref.config import ProblemsConfig
from codepref.files import write_json, write_records
from codepref.problems.merge import merge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, nargs="+", help="problem records (JSONL)")
    parser.add_argument("--output", required=True, help="merged problem records (JSONL)")
    parser.add_argument("--report", required=True, help="what was kept and dropped (JSON)")
    add_section(parser, ProblemsConfig)
    arguments = parser.parse_args()
    problems, report = merge(arguments.inputs, section_from(arguments, ProblemsConfig))
    write_records(arguments.output, problems)
    write_json(arguments.report, report)
    print(f"{report['kept']} problems kept of {sum(report['collected'].values())}", file=sys.stderr)


if __name__ == "__main__":
    run(main)
