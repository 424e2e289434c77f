"""Render Tables 1 to 4 as Markdown, LaTeX, CSV and HTML."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import write_whole
from codepref.tables.inputs import add_result_options, recorded_settings, results_from
from codepref.tables.paper import load_hyperparameters
from codepref.tables.render import renderings
from codepref.tables.score_tables import score_table
from codepref.tables.setting_tables import setting_tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    parser.add_argument(
        "--training",
        type=Path,
        nargs="*",
        default=[],
        metavar="FILE",
        help="training.json of checkpoints: the hyperparameters really used",
    )
    parser.add_argument("--output-folder", type=Path, required=True)
    arguments = parser.parse_args()
    results = results_from(arguments)
    used = recorded_settings(arguments.training)
    tables = [
        score_table(results, "table1"),
        score_table(results, "table2"),
        *setting_tables(results.config, load_hyperparameters(arguments.paper), used),
    ]
    for table in tables:
        for suffix, text in renderings(table).items():
            with write_whole(arguments.output_folder / f"{table.name}.{suffix}") as stream:
                stream.write(text)


if __name__ == "__main__":
    run(main)
