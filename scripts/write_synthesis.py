"""Let a model write one stage of new problems: concepts, statements, solutions or inputs."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.devices import add_gpus_option, require_gpus
from codepref.files import read_records
from codepref.records import Sample
from codepref.sampling.placement import add_gpus_per_engine_option, share_gpus
from codepref.sampling.settings import SamplingConfig
from codepref.synthesis.parts import add_part_option, part_of
from codepref.synthesis.records import Seed
from codepref.synthesis.wording import STAGES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", required=True, choices=STAGES)
    parser.add_argument("--seeds", required=True, help="what each problem starts from (JSONL)")
    parser.add_argument("--before", help="sample records of the stage before (JSONL)")
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--model", required=True, help="its name, part of each record")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", required=True, help="sample records (JSONL)")
    add_part_option(parser)
    add_gpus_option(parser)
    add_gpus_per_engine_option(parser)
    add_section(parser, SamplingConfig)
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)
    config = section_from(arguments, SamplingConfig)
    seeds = part_of(list(read_records(arguments.seeds, Seed)), arguments.part)
    before = list(read_records(arguments.before, Sample)) if arguments.before else []

    from codepref.synthesis.write import write_stage  # loads torch

    write_stage(
        *(arguments.stage, seeds, before, arguments.model_folder, arguments.model, config),
        *(arguments.seed, arguments.output, share_gpus(arguments.gpus_per_engine)),
    )


if __name__ == "__main__":
    run(main)
