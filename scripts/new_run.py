"""Write a commented overlay, configs/<name>.yaml, to begin a run of your own with."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.workflow.new_run import MARK, write_new_run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", help="of the run: small letters, digits, '_' and '-'")
    parser.add_argument("--folder", type=Path, default=Path("configs"))
    given = parser.parse_args()
    if given.name is None:
        raise UserError("give the run a name: make new-run NAME=mine")
    path = write_new_run(given.name, given.folder)
    print(f"{path}: fill in the lines marked {MARK}, then: make check-run CONFIG={path}")


if __name__ == "__main__":
    run(main, keep_record=False)
