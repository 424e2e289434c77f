"""Keep the resolved configuration of a run, read from standard input."""

import argparse
import sys
from pathlib import Path

from codepref.cli import run
from codepref.config import Config
from codepref.files import parse_record, write_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="config.json")
    arguments = parser.parse_args()
    config = parse_record(sys.stdin.read(), Config, "standard input")
    write_text(arguments.output, config.model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    run(main)
