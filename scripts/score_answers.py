"""Score the untrained model's answers to a benchmark with a policy's implicit reward (eq. 4).

Passing and failing answers to one task are pairs that no policy was trained on; the share of them
in which the reward is higher for the passing answer is the reward's accuracy.
"""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.devices import add_gpus_option, require_gpus
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.evaluation.sampled_records import SampledSolution, SampledVerdicts
from codepref.evaluation.solutions import read_questions
from codepref.files import read_record, read_records, write_json, write_records
from codepref.records import RewardRecord


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--policy", type=Path, required=True, help="the trained model folder")
    parser.add_argument("--reference", type=Path, required=True, help="the model it started from")
    parser.add_argument("--dataset", choices=list(BENCHMARKS), required=True)
    parser.add_argument("--data", required=True, help="the benchmark's tasks (JSONL)")
    parser.add_argument("--answers", required=True, help="samples of the tasks (JSONL)")
    parser.add_argument("--verdicts", required=True, help="what the judges say of them (JSON)")
    parser.add_argument("--beta", type=float, default=0.1, help="default: 0.1 (Table 4)")
    for name in ("model", "method", "benchmark"):
        parser.add_argument(f"--{name}", default="", help="its name, for the record")
    parser.add_argument("--seed", type=int, default=0, help="of the training, for the record")
    parser.add_argument("--output", required=True, help="reward records (JSONL)")
    parser.add_argument("--accuracy", required=True, help="the accuracy, task by task (JSON)")
    add_gpus_option(parser)
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)

    from codepref.training.held_out import pair_accuracy, score_answers  # loads torch

    answers = list(read_records(arguments.answers, SampledSolution))
    verdicts = read_record(arguments.verdicts, SampledVerdicts)
    questions = read_questions(arguments.data, answers[0].prompt_style, arguments.dataset)
    records = score_answers(
        arguments.policy,
        arguments.reference,
        {task_id: asked.messages for task_id, asked in questions.items()},
        answers,
        verdicts,
        arguments.beta,
    )
    write_records(arguments.output, records)
    found = pair_accuracy(read_records(arguments.output, RewardRecord), len(questions))
    names = {name: getattr(arguments, name) for name in ("model", "method", "seed", "benchmark")}
    write_json(arguments.accuracy, found.model_copy(update=names).model_dump())
    shown = "none" if found.accuracy is None else f"{found.accuracy:.3f}"
    print(f"accuracy {shown} over the pairs of {len(found.tasks)} of {found.total} tasks")


if __name__ == "__main__":
    run(main)
