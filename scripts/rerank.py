"""Choose one of a task's samples by agreement and by implicit reward; say how often it passes."""

import argparse
from pathlib import Path

from codepref.cli import run
from codepref.evaluation.reranking import rerank
from codepref.evaluation.sampled_records import SampledVerdicts, VisibleRun
from codepref.files import read_record, read_records, write_text
from codepref.records import RewardRecord


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verdicts", required=True, help="of grade_sampled.py (JSON)")
    parser.add_argument("--runs", type=Path, help="of run_visible.py: choose by agreement")
    parser.add_argument("--rewards", type=Path, help="of score_answers.py: choose by reward")
    parser.add_argument("--output", required=True, help="JSON")
    arguments = parser.parse_args()

    found = rerank(
        read_record(arguments.verdicts, SampledVerdicts),
        read_records(arguments.runs, VisibleRun) if arguments.runs else None,
        read_records(arguments.rewards, RewardRecord) if arguments.rewards else None,
    )
    write_text(arguments.output, found.model_dump_json(indent=1) + "\n")
    print(f"{len(found.tasks)} tasks x {found.samples_per_task} samples")


if __name__ == "__main__":
    run(main)
