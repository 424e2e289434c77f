"""Answer the tasks of benchmarks greedily, in EvalPlus's samples format."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.config import GenerationConfig
from codepref.errors import UserError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--model", required=True, help="the policy's name, for messages")
    parser.add_argument(
        "--benchmark",
        action="append",
        required=True,
        metavar="NAME=DATA.jsonl",
        help="a benchmark's name and its tasks in EvalPlus's format; may be repeated",
    )
    parser.add_argument("--output-folder", required=True, help="NAME.samples.jsonl go there")
    add_section(parser, GenerationConfig)
    arguments = parser.parse_args()
    config = section_from(arguments, GenerationConfig)
    benchmarks = {}
    for given in arguments.benchmark:
        name, separator, path = given.partition("=")
        if not separator or not name or name in benchmarks:
            raise UserError(f"--benchmark: expected NAME=DATA.jsonl, each name once, not '{given}'")
        benchmarks[name] = path

    from codepref.sampling.solutions import generate_solutions  # loads torch

    generate_solutions(
        benchmarks, arguments.model_folder, arguments.model, config, arguments.output_folder
    )


if __name__ == "__main__":
    run(main)
