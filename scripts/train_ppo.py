"""Train a model online with the rule reward of executed programs (the PPO baseline)."""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.config import ExecutionConfig, PpoConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-folder", type=Path, required=True, help="the policy to start from")
    parser.add_argument("--problems", type=Path, required=True, help="problem records (JSONL)")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the finished model folder")
    parser.add_argument("--work", type=Path, required=True, help="folder of resumable state")
    add_section(parser, PpoConfig)
    add_section(parser, ExecutionConfig)
    arguments = parser.parse_args()
    config = section_from(arguments, PpoConfig)
    execution = section_from(arguments, ExecutionConfig)

    from codepref.training.ppo import train_ppo  # late: torch takes seconds to import

    train_ppo(
        arguments.model_folder,
        arguments.problems,
        arguments.output,
        arguments.work,
        arguments.seed,
        config,
        execution,
    )


if __name__ == "__main__":
    run(main)
