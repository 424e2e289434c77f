"""The trainers' command lines. Torch is imported late: it takes seconds."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from codepref.cli import add_section, section_from
from codepref.config import PairTrainerConfig, TrainerConfig

if TYPE_CHECKING:
    from codepref.training.runner import Run


def trainer_parser(text: str | None, section: type[TrainerConfig]) -> argparse.ArgumentParser:
    """Return a parser of the options that every trainer has."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("--model-folder", type=Path, required=True, help="the policy to start from")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the finished model folder")
    parser.add_argument("--work", type=Path, required=True, help="folder of resumable state")
    add_section(parser, section)
    return parser


def run_from(
    arguments: argparse.Namespace, method: str, section: type[TrainerConfig], data_file: Path
) -> "Run":
    """Return the training that the options of ``trainer_parser`` describe."""
    config = section_from(arguments, section)

    from codepref.training.runner import Run

    return Run(
        method,
        arguments.model_folder,
        data_file,
        arguments.output,
        arguments.work,
        arguments.seed,
        config,
    )


def train_on_pairs(method: str, section: type[PairTrainerConfig], text: str | None) -> None:
    """Parse the command line of a trainer on pairs and train."""
    parser = trainer_parser(text, section)
    parser.add_argument("--pairs", type=Path, required=True, help="pair records (JSONL)")
    parser.add_argument("--pairs-from", help="the model whose pairs they must be")
    arguments = parser.parse_args()
    run = run_from(arguments, method, section, arguments.pairs)

    from codepref.training import on_pairs

    with run.advised_on_memory():
        on_pairs.train(run, arguments.pairs_from)
