"""Draw a policy's responses to training problems: one shard of them, as sample records."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.config import SamplingConfig
from codepref.sampling.shards import parse_shard, read_problems, shard_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", required=True, help="problem records (JSONL)")
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--model", required=True, help="the policy's name, part of each record")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shard", default="1/1", help="I/N or I-of-N: the I-th of N equal parts")
    parser.add_argument("--output", required=True, help="sample records (JSONL)")
    add_section(parser, SamplingConfig)
    arguments = parser.parse_args()
    config = section_from(arguments, SamplingConfig)
    shard = parse_shard(arguments.shard)
    problems = read_problems(arguments.problems)

    from codepref.sampling.responses import sample_responses  # loads torch

    sample_responses(
        shard_of(problems, *shard),
        arguments.model_folder,
        arguments.model,
        config,
        arguments.seed,
        arguments.output,
    )


if __name__ == "__main__":
    run(main)
