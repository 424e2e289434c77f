"""Build the report of a run: one HTML file that opens offline."""

import argparse
from dataclasses import fields
from pathlib import Path

from codepref.cli import run
from codepref.files import read_json, read_record, read_yaml, write_text
from codepref.report.costs import history
from codepref.report.drill_down import Sources, collect
from codepref.report.page import Content, render
from codepref.tables.claims import add_evidence_options, evidence_from, weigh
from codepref.tables.inputs import add_files, add_result_options, results_from
from codepref.tables.label_noise import add_noise_options, noise_table
from codepref.tables.own_claims import OwnAnswers
from codepref.tables.paper import Claims, OtherFindings
from codepref.tables.paper_tables import add_table_options, paper_tables
from codepref.tables.registration import add_registration_option, registered


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    add_table_options(parser)
    add_evidence_options(parser)
    add_registration_option(parser)
    add_files(parser, "--theme", "the page's template, style and script", required=True)
    add_files(parser, "--captions", "<figure>.rst", required=True)
    add_files(parser, "--figures", "SVG files, in the order of the page")
    add_noise_options(parser)
    parser.add_argument("--problem-report", type=Path, required=True, help="problems/report.json")
    add_files(parser, "--samples", "samples/<model>.jsonl")
    add_files(parser, "--solutions", "what was graded, in the order of the verdicts")
    parser.add_argument("--own-claims", type=Path, help="own_claims.json")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    results = results_from(arguments)
    claims = read_yaml(arguments.claims, Claims)
    sources = Sources(**{field.name: getattr(arguments, field.name) for field in fields(Sources)})
    content = Content(
        results=results,
        tables=paper_tables(arguments, results),
        claims=claims,
        registered=registered(arguments.registration, arguments.claims),
        others=read_yaml(arguments.others, OtherFindings),
        own=read_record(arguments.own_claims, OwnAnswers) if arguments.own_claims else None,
        answered=weigh(claims, evidence_from(arguments, results)),
        figures=arguments.figures,
        captions=arguments.captions,
        details=collect(results, sources),
        history=history([arguments.benchmarks, arguments.tasks, *arguments.figures]),
        problem_report=read_json(arguments.problem_report),
        noise=noise_table(arguments, results.config)[0],
    )
    write_text(arguments.output, render(arguments.theme, content))


if __name__ == "__main__":
    run(main)
