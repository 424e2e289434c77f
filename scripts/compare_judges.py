"""Grade a samples file by our own executor, too, and list where EvalPlus differs."""

import argparse
import tempfile
from contextlib import nullcontext

from codepref.cli import add_section, run, section_from
from codepref.config import GradingConfig
from codepref.errors import UserError
from codepref.evaluation.collect import read_verdicts
from codepref.evaluation.judge import EvalPlusJudge
from codepref.evaluation.second_judge import compare_judges
from codepref.evaluation.tasks import read_benchmark, read_solutions
from codepref.files import sha256_of, write_whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", choices=["humaneval", "mbpp"], required=True)
    parser.add_argument("--data", required=True, help="the benchmark's tasks (EvalPlus's JSONL)")
    parser.add_argument("--samples", required=True, help="one solution per task (JSONL)")
    parser.add_argument("--verdicts", required=True, help="what evaluate_benchmark.py wrote")
    parser.add_argument("--output", required=True, help="the comparison (JSON)")
    parser.add_argument("--workers", type=int, default=1, help="solutions at the same time")
    parser.add_argument("--cache", help="folder of the ground truth, as for evaluate_benchmark.py")
    add_section(parser, GradingConfig)
    arguments = parser.parse_args()

    config = section_from(arguments, GradingConfig)
    benchmark = read_benchmark(arguments.dataset, arguments.data)
    solutions = read_solutions(arguments.samples, benchmark)
    verdicts = read_verdicts(arguments.verdicts)
    if verdicts.samples_sha256 != sha256_of(arguments.samples):
        raise UserError(
            f"{arguments.verdicts}: was made from other samples than {arguments.samples}; "
            "grade them again"
        )
    with (
        nullcontext(arguments.cache) if arguments.cache else tempfile.TemporaryDirectory() as cache
    ):
        judge = EvalPlusJudge(benchmark, config, cache, arguments.workers)
        programs = {solution.task_id: solution.solution for solution in solutions}
        comparison = compare_judges(judge, programs, verdicts)
    print(
        f"{arguments.dataset}: {comparison.tasks} tasks, solved by EvalPlus and the second judge:"
    )
    print("  base {} and {}".format(*comparison.base_solved))
    print("  plus {} and {}".format(*comparison.plus_solved))
    for difference in comparison.disagreements:
        print(
            f"  {difference.task_id} {difference.part}: {difference.reason}: EvalPlus "
            f"{difference.evalplus}; second judge {difference.second}"
        )
    tasks = {difference.task_id for difference in comparison.disagreements}
    if len(tasks) > config.max_judge_disagreements:
        raise UserError(
            f"{arguments.samples}: the judges disagree on {len(tasks)} tasks, more than "
            f"grading.max_judge_disagreements ({config.max_judge_disagreements}); look at the "
            "list above before trusting either"
        )
    with write_whole(arguments.output) as stream:
        stream.write(comparison.model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    run(main)
