"""List where the two judges of a graded samples file differ; fail if they differ too often."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS, read_data
from codepref.evaluation.collect import read_verdicts
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import check_verdicts
from codepref.files import check_writable, write_text
from codepref.gradings import FAILED_FOR_CERTAIN


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    twice = [name for name, entry in BENCHMARKS.items() if entry.second_judge]
    parser.add_argument("--dataset", choices=twice, required=True)
    parser.add_argument("--data", required=True, help="the benchmark's tasks (JSONL)")
    parser.add_argument("--samples", required=True, help="one solution per task (JSONL)")
    parser.add_argument("--verdicts", required=True, help="what grade_benchmark.py wrote")
    parser.add_argument("--output", required=True, help="the comparison (JSON)")
    add_section(parser, GradingConfig)
    arguments = parser.parse_args()

    config = section_from(arguments, GradingConfig)
    check_writable(arguments.output)
    benchmark = read_data(arguments.dataset, arguments.data)
    verdicts = read_verdicts(arguments.verdicts)
    check_verdicts(verdicts, arguments.verdicts, benchmark, arguments.samples)
    comparison = verdicts.judges
    if comparison is None:
        raise UserError(
            f"{arguments.verdicts}: holds no second judge's verdicts; grade these samples with "
            "grade_benchmark.py again"
        )
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
    tasks = comparison.open_to_doubt
    if len(tasks) > config.max_judge_disagreements:
        raise UserError(
            f"{arguments.samples}: the judges disagree on {len(tasks)} tasks (besides "
            f"{' and '.join(FAILED_FOR_CERTAIN)}, which count as failed), more than "
            f"grading.max_judge_disagreements ({config.max_judge_disagreements}); look at the "
            "list above before trusting either"
        )
    write_text(arguments.output, comparison.model_dump_json(indent=1) + "\n")


if __name__ == "__main__":
    run(main)
