"""Keep the resolved configuration of a run, read from standard input."""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from codepref.cli import run
from codepref.config import Config
from codepref.errors import UserError
from codepref.files import write_whole
from codepref.strict import explain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="config.json")
    arguments = parser.parse_args()
    try:
        config = Config.model_validate_json(sys.stdin.read())
    except ValidationError as error:
        mistakes = "; ".join(explain(error, Config))
        raise UserError(f"standard input: not a configuration: {mistakes}") from error
    with write_whole(arguments.output) as stream:
        stream.write(config.model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    run(main)
