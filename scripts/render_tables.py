"""Render Tables 1 to 4 and those of sampled answers as Markdown, LaTeX, CSV and HTML."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import write_text
from codepref.tables.inputs import add_result_options, results_from
from codepref.tables.paper_tables import add_table_options, paper_tables
from codepref.tables.render import renderings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    add_table_options(parser)
    parser.add_argument("--output-folder", type=Path, required=True)
    arguments = parser.parse_args()
    for table in paper_tables(arguments, results_from(arguments)):
        for suffix, text in renderings(table).items():
            write_text(arguments.output_folder / f"{table.name}.{suffix}", text)


if __name__ == "__main__":
    run(main)
