"""Draw a policy's responses to training problems, as sample records."""

import argparse
from collections import defaultdict

from codepref.cli import add_section, run, section_from
from codepref.devices import add_gpus_option, require_gpus
from codepref.files import read_records
from codepref.records import Sample, read_problems
from codepref.sampling.placement import add_gpus_per_engine_option, share_gpus
from codepref.sampling.settings import SamplingConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--model", required=True, help="the policy's name, part of each record")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--drawn", help="samples of these problems that there are already (JSONL)")
    parser.add_argument("--output", required=True, help="sample records (JSONL)")
    add_gpus_option(parser)
    add_gpus_per_engine_option(parser)
    add_section(parser, SamplingConfig)
    arguments = parser.parse_args()
    require_gpus(arguments.gpus)
    config = section_from(arguments, SamplingConfig)
    problems = list(read_problems(arguments.problems).values())
    drawn: dict[str, list[Sample]] = defaultdict(list)
    for sample in read_records(arguments.drawn, Sample) if arguments.drawn else ():
        drawn[sample.problem_id].append(sample)

    from codepref.sampling.draw import draw_samples  # loads torch

    draw_samples(
        *(problems, arguments.model_folder, arguments.model, config, arguments.seed),
        *(arguments.output, share_gpus(arguments.gpus_per_engine), drawn),
    )


if __name__ == "__main__":
    run(main)
