"""Fetch a model's configuration and tokenizer, without its weights, to try a site with them.

`--kind` chooses where it comes from, as for `fetch_model.py`. What cannot be had is no error here:
the folder then says why.
"""

import argparse
from pathlib import Path

from codepref.cli import add_section, kind_of, run, section_from
from codepref.models.settings import SOURCES
from codepref.preflight.files import fetch_tokenizer


def main() -> None:
    section = kind_of(SOURCES) or SOURCES[0]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_section(parser, section)
    parser.add_argument("--output", type=Path, required=True, help="folder to write")
    parser.add_argument(
        "--fetched",
        type=Path,
        nargs="*",
        default=[],
        metavar="FOLDER",
        help="folders in which the model may be already",
    )
    given = parser.parse_args()
    fetch_tokenizer(section_from(given, section), given.fetched, given.output)


if __name__ == "__main__":
    run(main)
