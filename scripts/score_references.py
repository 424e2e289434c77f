"""Score both sides of pairs under the model that trainings start from (paper, eq. 3)."""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.devices import add_gpus_option, require_gpus
from codepref.training.trainers import DpoConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-folder", type=Path, required=True, help="the reference model")
    parser.add_argument("--pairs", type=Path, required=True, help="pair records (JSONL)")
    parser.add_argument("--work", type=Path, required=True, help="folder for this job alone")
    parser.add_argument("--output", type=Path, required=True, help="reference records (JSONL)")
    add_gpus_option(parser)
    add_section(parser, DpoConfig)
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)

    from codepref.training.references import score_references  # loads torch

    config = section_from(arguments, DpoConfig)
    score_references(
        *(arguments.model_folder, arguments.pairs, config, arguments.work, arguments.output)
    )


if __name__ == "__main__":
    run(main)
