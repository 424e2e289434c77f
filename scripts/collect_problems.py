"""Collect the problems of one source into one JSONL file of problem records."""

import argparse
import json
import sys
from pathlib import Path

from codepref.cli import add_section, kind_of, run, section_from
from codepref.files import write_json, write_records, write_text
from codepref.problems.collect import Account, collect
from codepref.problems.settings import SOURCES


def main() -> None:
    section = kind_of(SOURCES) or SOURCES[0]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True, help="the source's name in the configuration")
    parser.add_argument("--output", required=True, help="problem records (JSONL)")
    parser.add_argument("--report", help="how many were collected and left out, and why (JSON)")
    parser.add_argument("--manifest", help="the pages fetched: url, time, sha256 (JSONL)")
    add_section(parser, section)
    arguments = parser.parse_args()
    source = section_from(arguments, section)
    account = Account()
    write_records(arguments.output, collect(arguments.source, source, account))
    if arguments.report:
        mib = round(Path(arguments.output).stat().st_size / 2**20, 2)
        found = {"source": arguments.source, **account.as_json(), "mib": mib}
        write_json(arguments.report, found)
    if arguments.manifest:
        lines = (json.dumps(entry) + "\n" for entry in account.manifest)
        write_text(arguments.manifest, "".join(lines))
    print(f"{arguments.source}: {account.collected} problems", file=sys.stderr)
    for reason, count in account.skipped.most_common():
        print(f"  {count} left out: {reason}", file=sys.stderr)
    for item in [*account.not_understood[:5], *account.not_fetched]:
        print(f"  {item}", file=sys.stderr)
    if account.not_fetched:
        print("  run again later to ask for the pages that were not fetched", file=sys.stderr)


if __name__ == "__main__":
    run(main)
