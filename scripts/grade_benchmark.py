"""Grade one samples file with the benchmark's judge, and confirm what it passes with the second."""

import argparse
import tempfile
from contextlib import nullcontext

from codepref.cli import add_section, run, section_from
from codepref.evaluation.benchmarks import BENCHMARKS, read_data
from codepref.evaluation.entry import confirmed
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import read_solutions
from codepref.files import check_writable, sha256_of, write_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=list(BENCHMARKS), required=True)
    parser.add_argument("--data", required=True, help="the benchmark's tasks (JSONL)")
    parser.add_argument("--samples", required=True, help="one solution per task (JSONL)")
    parser.add_argument("--output", required=True, help="verdicts (JSON)")
    for name in ("model", "method", "benchmark"):
        parser.add_argument(f"--{name}", default="", help="its name, for the record")
    parser.add_argument("--seed", type=int, default=0, help="of the training, for the record")
    parser.add_argument("--workers", type=int, default=1, help="solutions at the same time")
    parser.add_argument(
        "--cache", help="folder that keeps the ground truth of each data file; default: none kept"
    )
    add_section(parser, GradingConfig)
    arguments = parser.parse_args()

    check_writable(arguments.output)
    benchmark = read_data(arguments.dataset, arguments.data)
    solutions = read_solutions(arguments.samples, benchmark)
    with (
        nullcontext(arguments.cache) if arguments.cache else tempfile.TemporaryDirectory() as cache
    ):
        entry = BENCHMARKS[arguments.dataset]
        judge = entry.judge(
            benchmark, section_from(arguments, GradingConfig), cache, arguments.workers
        )
        programs = {solution.task_id: solution.solution for solution in solutions}
        verdicts = judge.grade(programs, sha256_of(arguments.samples))
        if entry.second_judge is not None:
            verdicts = confirmed(verdicts, entry.second_judge(judge, programs, verdicts))
    names = {name: getattr(arguments, name) for name in ("model", "method", "seed", "benchmark")}
    verdicts = verdicts.model_copy(update=names)
    write_text(arguments.output, verdicts.model_dump_json(indent=1, exclude_none=True) + "\n")
    print(
        f"{arguments.dataset}: {verdicts.base_solved}/{verdicts.total} solved, "
        f"plus {verdicts.plus_solved}/{verdicts.total}, in {verdicts.seconds:.1f} s"
    )


if __name__ == "__main__":
    run(main)
