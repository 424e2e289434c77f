"""Make preference pairs of responses that a judge has rated, and samples of those with tests."""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.files import check_writable, write_records, write_text
from codepref.pairs.rated import import_rated, read_rows, statistics_of
from codepref.pairs.settings import RatedPairs
from codepref.problems.decontamination.contamination import TextOverlap, read_tasks
from codepref.records import read_problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", required=True, help="the source's name in the configuration")
    parser.add_argument("--problems", required=True, help="problem records with tests (JSONL)")
    parser.add_argument(
        "--benchmarks", type=Path, nargs="*", default=[], help="tasks that pairs may not be of"
    )
    parser.add_argument(
        "--overlap-words", type=int, default=10, help="so many words in a row are a task's"
    )
    parser.add_argument("--seed", type=int, required=True, help="breaks ties of ratings")
    parser.add_argument("--output", required=True, help="pair records (JSONL)")
    parser.add_argument("--samples", required=True, help="responses with tests (JSONL)")
    parser.add_argument("--ratings", required=True, help="their ratings (JSONL)")
    parser.add_argument("--stats", required=True, help="what was read and left out (JSON)")
    add_section(parser, RatedPairs)
    arguments = parser.parse_args()
    outputs = (arguments.output, arguments.samples, arguments.ratings, arguments.stats)
    for path in outputs:
        check_writable(path)
    tasks = read_tasks(arguments.benchmarks)
    found = import_rated(
        read_rows(section_from(arguments, RatedPairs), arguments.name),
        arguments.name,
        arguments.seed,
        read_problems(arguments.problems),
        TextOverlap(tasks, arguments.overlap_words) if tasks else None,
    )
    statistics = statistics_of(found, arguments.name, arguments.seed)
    left_out = ", ".join(f"{why}: {count}" for why, count in statistics.left_out.items())
    if not found.pairs:
        raise UserError(f"{arguments.name}: none of {found.rows} rows gives a pair ({left_out})")
    write_records(arguments.output, found.pairs)
    write_records(arguments.samples, found.samples)
    write_records(arguments.ratings, found.rated)
    write_text(arguments.stats, statistics.model_dump_json(indent=1) + "\n")
    print(
        f"{len(found.pairs)} pairs of {found.rows} rows; left out: {left_out or 'none'}; "
        f"{statistics.rows_with_tests} rows are problems with tests"
    )


if __name__ == "__main__":
    run(main)
