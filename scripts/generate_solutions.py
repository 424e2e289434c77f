"""Answer the tasks of benchmarks greedily, in EvalPlus's samples format."""

import argparse
import re

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.sampling.settings import GenerationConfig

GIVEN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)(:(?P<dataset>[^=:]+))?=(?P<path>.+)", re.ASCII)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model-folder", required=True)
    parser.add_argument("--model", required=True, help="the policy's name, for messages")
    parser.add_argument(
        "--benchmark",
        action="append",
        required=True,
        metavar="NAME[:DATASET]=DATA.jsonl",
        help="a benchmark's name, its data set in the configuration (default: any of code to "
        "complete) and its tasks; may be repeated",
    )
    parser.add_argument("--output-folder", required=True, help="NAME.samples.jsonl go there")
    add_section(parser, GenerationConfig)
    arguments = parser.parse_args()
    config = section_from(arguments, GenerationConfig)
    benchmarks, datasets = {}, {}
    for given in arguments.benchmark:
        found = GIVEN.fullmatch(given)
        if found is None or found["name"] in benchmarks:
            raise UserError(
                "--benchmark: expected NAME=DATA.jsonl or NAME:DATASET=DATA.jsonl, each name once "
                f"and of letters, digits, '_', '.' and '-', not '{given}'"
            )
        benchmarks[found["name"]] = found["path"]
        if found["dataset"]:
            if found["dataset"] not in BENCHMARKS:
                raise UserError(
                    f"--benchmark: '{given}': no such data set; expected {', '.join(BENCHMARKS)}"
                )
            datasets[found["name"]] = found["dataset"]

    from codepref.evaluation.solutions import generate_solutions  # loads torch

    generate_solutions(
        *(benchmarks, arguments.model_folder, arguments.model, config, arguments.output_folder),
        datasets,
    )


if __name__ == "__main__":
    run(main)
