"""Fine-tune a model on the chosen responses of pairs (rejection sampling)."""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.config import RftConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-folder", type=Path, required=True, help="the policy to start from")
    parser.add_argument("--pairs", type=Path, required=True, help="pair records (JSONL)")
    parser.add_argument("--pairs-from", help="the model whose pairs they must be")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the finished model folder")
    parser.add_argument("--work", type=Path, required=True, help="folder of resumable state")
    add_section(parser, RftConfig)
    arguments = parser.parse_args()
    config = section_from(arguments, RftConfig)

    from codepref.training.rft import train_rft  # late: torch takes seconds to import

    train_rft(
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
