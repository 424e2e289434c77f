"""Measure a reward's accuracy on held-out pairs, which no policy was trained on.

Of passing and failing answers to one task: the share of their pairs in which the reward is higher
for the passing answer.
"""

import argparse

from codepref.cli import run
from codepref.evaluation.solutions import read_questions
from codepref.files import read_records, write_json
from codepref.records import RewardRecord
from codepref.training.pair_accuracy import pair_accuracy


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rewards", required=True, help="of score_answers.py (JSONL)")
    parser.add_argument("--data", required=True, help="the benchmark's tasks (JSONL)")
    for name in ("model", "method", "benchmark"):
        parser.add_argument(f"--{name}", default="", help="its name, for the record")
    parser.add_argument("--seed", type=int, default=0, help="of the training, for the record")
    parser.add_argument("--output", required=True, help="the accuracy, task by task (JSON)")
    arguments = parser.parse_args()
    total = len(read_questions(arguments.data, "chat"))
    found = pair_accuracy(read_records(arguments.rewards, RewardRecord), total)
    names = {name: getattr(arguments, name) for name in ("model", "method", "seed", "benchmark")}
    write_json(arguments.output, found.model_copy(update=names).model_dump())
    shown = "none" if found.accuracy is None else f"{found.accuracy:.3f}"
    print(f"accuracy {shown} over the pairs of {len(found.tasks)} of {found.total} tasks")


if __name__ == "__main__":
    run(main)
