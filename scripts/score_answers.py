"""Score the untrained model's answers to a benchmark with a policy's implicit reward (eq. 4).

Passing and failing answers to one task are pairs that no policy was trained on: measure_accuracy.py
compares their rewards.
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.devices import add_gpus_option, require_gpus
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.sampled_records import SampledSolution, SampledVerdicts
from codepref.evaluation.solutions import read_questions
from codepref.files import read_record, read_records, write_records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, required=True, help="the trained model folder")
    parser.add_argument("--reference", type=Path, required=True, help="the model it started from")
    parser.add_argument("--dataset", choices=list(BENCHMARKS), required=True)
    parser.add_argument("--data", required=True, help="the benchmark's tasks (JSONL)")
    parser.add_argument("--answers", required=True, help="samples of the tasks (JSONL)")
    parser.add_argument("--verdicts", required=True, help="what the judges say of them (JSON)")
    parser.add_argument("--beta", type=float, default=0.1, help="default: 0.1 (Table 4)")
    parser.add_argument("--output", required=True, help="reward records (JSONL)")
    add_gpus_option(parser)
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)

    from codepref.training.held_out import score_answers  # loads torch

    answers = list(read_records(arguments.answers, SampledSolution))
    if not answers:
        raise UserError(f"{arguments.answers}: no answers; generate them again")
    verdicts = read_record(arguments.verdicts, SampledVerdicts)
    questions = read_questions(arguments.data, answers[0].prompt_style, arguments.dataset)
    records = score_answers(
        arguments.policy,
        arguments.reference,
        {task_id: asked.messages for task_id, asked in questions.items()},
        answers,
        verdicts,
        arguments.beta,
        Path(arguments.output),
    )
    print(f"{write_records(arguments.output, records)} answers scored")


if __name__ == "__main__":
    run(main)
