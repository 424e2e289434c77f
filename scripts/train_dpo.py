"""Train a model by direct preference optimization on pairs."""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.config import DpoConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-folder", type=Path, required=True, help="the policy to start from")
    parser.add_argument("--pairs", type=Path, required=True, help="pair records (JSONL)")
    parser.add_argument("--pairs-from", help="the model whose pairs they must be")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the finished model folder")
    parser.add_argument("--work", type=Path, required=True, help="folder of resumable state")
    add_section(parser, DpoConfig)
    arguments = parser.parse_args()
    config = section_from(arguments, DpoConfig)

    from codepref.training.dpo import train_dpo  # late: torch takes seconds to import

    train_dpo(
        arguments.model_folder,
        arguments.pairs,
        arguments.output,
        arguments.work,
        arguments.seed,
        config,
        arguments.pairs_from,
    )


if __name__ == "__main__":
    run(main)
