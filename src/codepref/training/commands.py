"""The command line of all trainers. Torch is imported late: it takes seconds."""

import argparse
import sys
from pathlib import Path

from codepref.cli import add_section, section_from
from codepref.devices import add_gpus_option, require_gpus
from codepref.sandbox.settings import ExecutionConfig
from codepref.training.trainers import TRAINERS, Trainer


def train(text: str | None) -> None:
    """Parse the command line ``TRAINER OPTIONS ...`` and train.

    Each trainer's options are its section of the configuration and what it learns from.
    """
    parser = argparse.ArgumentParser(description=text)
    trainers = parser.add_subparsers(dest="trainer", required=True, metavar="TRAINER")
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, trainer in TRAINERS.items():
        about = (trainer.settings.__doc__ or "").split("\n")[0]
        options = trainers.add_parser(name, help=about, description=about)
        if name == wanted:
            _add_options(options, trainer)
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)
    trainer = TRAINERS[arguments.trainer]
    on_pairs = trainer.data == "pairs"

    from codepref.training.runner import Run

    names = ("trainer", "model_folder", "output", "work", "seed", "model", "method")
    run = Run(
        data_file=arguments.pairs if on_pairs else arguments.problems,
        config=section_from(arguments, trainer.settings),
        references=getattr(arguments, "references", None),
        reference_folder=getattr(arguments, "reference_folder", None),
        **{name: getattr(arguments, name) for name in names},
    )
    with run.explain_out_of_memory():
        if on_pairs:
            from codepref.training.on_pairs import train_on_pairs

            train_on_pairs(run, arguments.pairs_from)
        else:
            trainer.load().train(run, section_from(arguments, ExecutionConfig))
    if arguments.records:
        run.keep_records(arguments.records)


def _add_options(parser: argparse.ArgumentParser, trainer: Trainer) -> None:
    parser.add_argument("--model-folder", type=Path, required=True, help="the policy to start from")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True, help="the finished model folder")
    parser.add_argument("--work", type=Path, required=True, help="folder of resumable state")
    parser.add_argument("--records", type=Path, help="folder that keeps the training's record, too")
    parser.add_argument("--model", default="", help="the policy's name, for the record")
    parser.add_argument("--method", default="", help="the method's name, for the record")
    add_gpus_option(parser)
    if trainer.data == "pairs":
        parser.add_argument("--pairs", type=Path, required=True, help="pair records (JSONL)")
        parser.add_argument("--pairs-from", help="the model whose pairs they must be")
        if trainer.takes_references:
            parser.add_argument(
                "--references", type=Path, help="from score_references.py; else computed here"
            )
            parser.add_argument(
                "--reference-folder", type=Path, help="the model that these are of, if another"
            )
    else:
        parser.add_argument("--problems", type=Path, required=True, help="problem records (JSONL)")
        add_section(parser, ExecutionConfig)
    add_section(parser, trainer.settings)
