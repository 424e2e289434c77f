"""Keep what a job noted of its work (a file below accounts/) as a report of the run."""

import argparse
import shutil
from pathlib import Path

from codepref.cli import run
from codepref.files import reading, write_whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--account", type=Path, required=True, help="what the job noted")
    parser.add_argument("--output", type=Path, required=True, help="the report: the same bytes")
    arguments = parser.parse_args()
    with (
        reading(arguments.account),
        arguments.account.open("rb") as source,
        write_whole(arguments.output, "wb") as target,
    ):
        shutil.copyfileobj(source, target)


if __name__ == "__main__":
    run(main)
