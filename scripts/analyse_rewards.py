"""Analyse a policy's implicit rewards: how well do they rank the failing samples of a problem?

Of two failing samples that eq. 2 scores alike: how often does the reward prefer the one that passes
more tests?
"""

import argparse

from codepref.cli import run
from codepref.files import read_records, write_json
from codepref.records import RewardRecord
from codepref.training.reward_analysis import analyse


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rewards", required=True, help="of score_rewards.py with --executions (JSONL)"
    )
    for name in ("model", "method"):
        parser.add_argument(f"--{name}", default="", help="its name, for the record")
    parser.add_argument("--seed", type=int, default=0, help="of the training, for the record")
    parser.add_argument("--output", required=True, help="the analysis (JSON)")
    arguments = parser.parse_args()
    found = analyse(read_records(arguments.rewards, RewardRecord))
    names = {name: getattr(arguments, name) for name in ("model", "method", "seed")}
    write_json(arguments.output, found.model_copy(update=names).model_dump())
    if found.auc:
        auc = found.shown("implicit_reward")
        print(f"AUC {auc} (95% interval) over {found.pairs} pairs of {found.problems} problems")


if __name__ == "__main__":
    run(main)
