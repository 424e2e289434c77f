"""Run samples of a benchmark on the inputs that its prompts show, to see which ones agree."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.reranking import run_visible
from codepref.evaluation.sampled_records import SampledSolution
from codepref.evaluation.solutions import read_questions
from codepref.files import check_writable, read_records, write_records
from codepref.sandbox.settings import ExecutionConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=list(BENCHMARKS), required=True)
    parser.add_argument("--data", required=True, help="the benchmark's tasks (JSONL)")
    parser.add_argument("--samples", required=True, help="samples of the tasks (JSONL)")
    parser.add_argument("--workers", type=int, default=1, help="programs at the same time")
    parser.add_argument("--output", required=True, help="a record per sample (JSONL)")
    add_section(parser, ExecutionConfig)
    arguments = parser.parse_args()

    check_writable(arguments.output)
    solutions = list(read_records(arguments.samples, SampledSolution))
    if not solutions:
        raise UserError(f"{arguments.samples}: no samples; generate them again")
    questions = read_questions(arguments.data, solutions[0].prompt_style, arguments.dataset)
    config = section_from(arguments, ExecutionConfig)
    found = run_visible(questions, solutions, config, arguments.workers)
    print(f"{write_records(arguments.output, found)} samples run on visible inputs")


if __name__ == "__main__":
    run(main)
