"""Write how often a judge that runs nothing prefers what fails its tests."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_record, read_records, write_text
from codepref.pairs.judge_agreement import agreement
from codepref.pairs.rated import RatedResponse, RatedStatistics, pairs_by_row
from codepref.records import Execution, Pair
from codepref.tables.inputs import add_files
from codepref.tables.judge import NAME, judge_table
from codepref.tables.render import renderings


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for option, about in (
        ("--ratings", "ratings of the responses with tests (JSONL), one file for each source"),
        ("--executions", "the verdicts on them, in the same order"),
        ("--pairs", "the pairs, in the same order"),
        ("--statistics", "what was imported (JSON), in the same order"),
    ):
        add_files(parser, option, about, required=True)
    parser.add_argument("--output-folder", type=Path, required=True)
    arguments = parser.parse_args()
    found, imported = {}, {}
    files = (arguments.ratings, arguments.executions, arguments.pairs, arguments.statistics)
    if len({*map(len, files)}) > 1:
        raise UserError("--ratings, --executions, --pairs, --statistics: as many files of each")
    for ratings, executions, pairs, statistics in zip(*files, strict=True):
        one = read_record(statistics, RatedStatistics)
        imported[one.source] = one
        found[one.source] = agreement(
            read_records(ratings, RatedResponse),
            read_records(executions, Execution),
            pairs_by_row(list(read_records(pairs, Pair))),
        )
    for suffix, text in renderings(judge_table(found, imported)).items():
        write_text(arguments.output_folder / f"{NAME}.{suffix}", text)


if __name__ == "__main__":
    run(main)
