"""Keep the record and the log of a training, which outlive its checkpoint."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import write_whole

KEPT = ("training.json", "training_log.jsonl")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of a trained model")
    parser.add_argument("--output-folder", type=Path, required=True)
    arguments = parser.parse_args()
    for name in KEPT:
        source = arguments.checkpoint / name
        if not source.is_file():
            raise UserError(f"{source}: no such file; is this a checkpoint of train_*.py?")
        with write_whole(arguments.output_folder / name, "wb") as stream:
            stream.write(source.read_bytes())


if __name__ == "__main__":
    run(main)
