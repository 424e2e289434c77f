"""Write for readers how a run's claims about its own models came out."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import read_record, write_text
from codepref.tables.own_claims import OwnAnswers, markdown


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decided", type=Path, required=True, help="own_claims.json")
    parser.add_argument("--output", type=Path, required=True, help="own_claims.md")
    arguments = parser.parse_args()
    text = markdown(read_record(arguments.decided, OwnAnswers))
    write_text(arguments.output, text)
    print(text)


if __name__ == "__main__":
    run(main)
