"""Build the report of a run: one HTML file that opens offline."""

import argparse
from dataclasses import fields
from itertools import chain
from pathlib import Path

from codepref.cli import run
from codepref.figures.data import read_logs
from codepref.files import READ, read_json, read_record, read_yaml, write_text
from codepref.report.costs import history
from codepref.report.drill_down import Sources, collect
from codepref.report.figure_parts import figure_parts
from codepref.report.page import Content, render
from codepref.tables.claims import add_evidence_options, evidence_from, weigh
from codepref.tables.inputs import add_files, add_result_options, read_statistics, results_from
from codepref.tables.label_noise import add_noise_options, noise_table
from codepref.tables.own_claims import OwnAnswers
from codepref.tables.paper import Claims, OtherFindings
from codepref.tables.paper_tables import add_table_options, paper_tables
from codepref.tables.registration import add_registration_option, registered
from codepref.tables.rounds import add_rounds_options, rounds_table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)
    add_table_options(parser)
    add_evidence_options(parser)
    add_registration_option(parser)
    add_files(parser, "--theme", "the page's templates, styles and scripts", required=True)
    add_files(parser, "--captions", "<figure>.rst", required=True)
    add_files(parser, "--figures", "SVG files")
    add_files(parser, "--logs", "training_log.jsonl, in the order of --training")
    add_files(parser, "--rewards", "of score_rewards.py, in the order of --analyses")
    add_files(parser, "--sampled-verdicts", "<benchmark>.sampled_verdicts.json")
    add_files(parser, "--sampled-solutions", "<benchmark>.sampled.jsonl, in the verdicts' order")
    add_noise_options(parser)
    add_rounds_options(parser)
    parser.add_argument("--problem-report", type=Path, required=True, help="problems/report.json")
    add_files(parser, "--samples", "samples/<model>.jsonl")
    add_files(parser, "--solutions", "what was graded, in the order of the verdicts")
    add_files(parser, "--judges", "*.judges.json: what they cost is counted")
    add_files(parser, "--held-out", "*.held_out.json: what they cost is counted")
    parser.add_argument("--own-claims", type=Path, help="own_claims.json")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    of_run = _of_run(arguments)
    READ.update([*of_run, *arguments.sampled_solutions])  # also those of which the page shows none
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
        figures=figure_parts(arguments.figures, arguments.captions, arguments.output.parent),
        logs=read_logs(results.config, arguments.training, arguments.logs),
        details=collect(results, sources),
        history=history(of_run),
        problem_report=read_json(arguments.problem_report),
        statistics=read_statistics(results.config, arguments.statistics),
        noise=noise_table(arguments, results.config)[0],
        rounds=rounds_table(arguments, results.config),
    )
    write_text(arguments.output, render(arguments.theme, content))


def _of_run(arguments: argparse.Namespace) -> list[Path]:
    """Return the files of the run that the report is made of, or that only cost something."""
    one = [arguments.benchmarks, arguments.tasks, arguments.sampled, arguments.own_claims]
    several = [
        *(arguments.figures, arguments.training, arguments.statistics, arguments.analyses),
        *(arguments.executions, arguments.pairs, arguments.verdicts),
        *(arguments.judges, arguments.held_out, arguments.reranked),
    ]
    return [*filter(None, one), *chain(*several)]


if __name__ == "__main__":
    run(main)
