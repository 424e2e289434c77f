"""Write for readers what became of the problems, from ``problems/report.json``."""

import argparse

from codepref.cli import run
from codepref.files import read_json, write_text
from codepref.problems.report import table
from codepref.tables.render import markdown_page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", required=True, help="of merge_problems.py (JSON)")
    parser.add_argument("--output", required=True, help="the report for readers (Markdown)")
    parser.add_argument("--page", required=True, help="the same as HTML")
    arguments = parser.parse_args()
    text = table(read_json(arguments.report))
    write_text(arguments.output, text)
    write_text(arguments.page, markdown_page(text))


if __name__ == "__main__":
    run(main)
