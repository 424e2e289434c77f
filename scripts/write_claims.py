"""Answer each claim of the paper with what a run shows, as Markdown and as a page."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import read_yaml, write_text
from codepref.gradings import BenchmarkVerdicts
from codepref.tables.certificate import certificate
from codepref.tables.claims import add_evidence_options, evidence_from, markdown, weigh
from codepref.tables.inputs import add_files, add_result_options, read_of_run, results_from
from codepref.tables.paper import Claims, OtherFindings
from codepref.tables.published import PublishedScores
from codepref.tables.registration import add_registration_option, registered
from codepref.tables.render import markdown_page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    add_evidence_options(parser)
    add_registration_option(parser)
    parser.add_argument("--published", type=Path, help="paper/published_scores.yaml")
    add_files(parser, "--verdicts", "gradings of greedy answers")
    add_files(parser, "--answers", "greedy answers of the models as they came")
    parser.add_argument("--output", type=Path, required=True, help="claims.md")
    parser.add_argument("--page", type=Path, help="the same as HTML")
    arguments = parser.parse_args()
    claims = read_yaml(arguments.claims, Claims)
    results = results_from(arguments)
    others = read_yaml(arguments.others, OtherFindings)
    answered = weigh(claims, evidence_from(arguments, results))
    fixed = registered(arguments.registration, arguments.claims)
    base_rows: list[str] = []
    if arguments.published:
        verdicts = read_of_run(results.config, arguments.verdicts, BenchmarkVerdicts)
        published = read_yaml(arguments.published, PublishedScores)
        base_rows = certificate(results, published, verdicts, arguments.answers)
    text = markdown(answered, claims, others, results, fixed, base_rows)
    write_text(arguments.output, text)
    if arguments.page:
        write_text(arguments.page, markdown_page(text))


if __name__ == "__main__":
    run(main)
