"""Write how often samples that pass few tests fail more, and so how often "chosen" is wrong."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import write_text
from codepref.tables.inputs import add_config_option, add_files, read_config
from codepref.tables.label_noise import NAME, add_noise_options, noise_table
from codepref.tables.render import csv_text, renderings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_config_option(parser)
    add_noise_options(parser)
    add_files(parser, "--statistics", "pairs/<model>.stats.json")
    parser.add_argument("--output-folder", type=Path, required=True)
    arguments = parser.parse_args()
    table, expected = noise_table(arguments, read_config(arguments.config))
    for suffix, text in renderings(table).items():
        write_text(arguments.output_folder / f"{NAME}.{suffix}", text)
    write_text(arguments.output_folder / "wrong_chosen.csv", csv_text(expected))


if __name__ == "__main__":
    run(main)
