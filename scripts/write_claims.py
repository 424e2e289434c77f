"""Answer each claim of the paper with what a run shows, as Markdown and as a page."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import read_yaml, write_text
from codepref.tables.claims import add_evidence_options, evidence_from, markdown, weigh
from codepref.tables.inputs import add_result_options, results_from
from codepref.tables.paper import Claims, OtherFindings
from codepref.tables.registration import add_registration_option, registered
from codepref.tables.render import markdown_page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    add_evidence_options(parser)
    add_registration_option(parser)
    parser.add_argument("--output", type=Path, required=True, help="claims.md")
    parser.add_argument("--page", type=Path, help="the same as HTML")
    arguments = parser.parse_args()
    claims = read_yaml(arguments.claims, Claims)
    results = results_from(arguments)
    others = read_yaml(arguments.others, OtherFindings)
    answered = weigh(claims, evidence_from(arguments, results))
    fixed = registered(arguments.registration, arguments.claims)
    text = markdown(answered, claims, others, results, fixed)
    write_text(arguments.output, text)
    if arguments.page:
        write_text(arguments.page, markdown_page(text))


if __name__ == "__main__":
    run(main)
