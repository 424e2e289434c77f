"""Build the report of a run: one HTML file that opens offline."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.files import read_json, write_whole
from codepref.report.costs import history
from codepref.report.drill_down import Sources, collect
from codepref.report.page import render
from codepref.tables.claims import RunData, weigh
from codepref.tables.inputs import add_result_options, read_rewards, recorded_settings, results_from
from codepref.tables.paper import load_claims, load_hyperparameters
from codepref.tables.score_tables import score_table
from codepref.tables.setting_tables import setting_tables


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_result_options(parser)

    def several(option: str, text: str) -> None:
        parser.add_argument(option, type=Path, nargs="*", default=[], metavar="FILE", help=text)

    several("--training", "training.json of the checkpoints")
    several("--statistics", "pairs/<model>.stats.json")
    several("--rewards", "of score_rewards.py, for claim C6")
    parser.add_argument("--problems", type=Path, help="problems/all.jsonl")
    parser.add_argument("--problem-report", type=Path, help="problems/report.json")
    several("--samples", "samples/<model>.jsonl")
    several("--executions", "executions/<model>.jsonl")
    several("--pairs", "pairs/<model>.jsonl")
    several("--benchmark-data", "benchmarks/data/<name>.jsonl")
    several("--figures", "SVG files, in the order of the page")
    parser.add_argument("--theme", type=Path, default=Path("report/front"))
    parser.add_argument("--captions", type=Path, default=Path("report/captions"))
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    results = results_from(arguments)
    sources = Sources(
        arguments.problems,
        arguments.samples,
        arguments.executions,
        arguments.pairs,
        arguments.benchmark_data,
    )
    claims = load_claims(arguments.paper)
    evidence = RunData(
        results=results,
        pair_statistics=[read_json(path) for path in arguments.statistics],
        rewards=read_rewards(arguments.rewards),
    )
    used = recorded_settings(arguments.training)
    text = render(
        theme=arguments.theme,
        captions=arguments.captions,
        results=results,
        tables=[
            score_table(results, "table1"),
            score_table(results, "table2"),
            *setting_tables(results.config, load_hyperparameters(arguments.paper), used),
        ],
        claims=claims,
        answered=weigh(claims, evidence),
        figures=arguments.figures,
        details=collect(results, sources),
        problem_report=read_json(arguments.problem_report) if arguments.problem_report else None,
        history=history([arguments.benchmarks, arguments.tasks, *arguments.figures]),
    )
    with write_whole(arguments.output) as stream:
        stream.write(text)


if __name__ == "__main__":
    run(main)
