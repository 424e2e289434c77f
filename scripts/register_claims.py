"""Record which commit first had the claims of a run as they are, so that readers can check it."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import write_json
from codepref.tables.inputs import add_files
from codepref.tables.registration import Registrations, register


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_files(parser, "--claims", "files of claims", required=True)
    parser.add_argument("--output", type=Path, required=True, help="registration.json")
    arguments = parser.parse_args()
    found = Registrations(files=[register(path) for path in arguments.claims])
    write_json(arguments.output, found.model_dump(mode="json"))


if __name__ == "__main__":
    run(main)
