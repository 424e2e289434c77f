"""Run the written solutions on the written inputs: problems with the tests that they agree on."""

import argparse

from codepref.cli import add_section, run, section_from
from codepref.files import read_records, write_records
from codepref.problems.settings import SynthesisedSource
from codepref.records import Sample
from codepref.sandbox.settings import ExecutionConfig
from codepref.synthesis.agree import candidates_of
from codepref.synthesis.parts import add_part_option, part_of
from codepref.synthesis.records import Seed

OWN = ("cpu_seconds", "memory_mb", "weaker_isolation")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", required=True, help="what each problem starts from (JSONL)")
    for stage in ("statements", "drawn", "inputs"):
        parser.add_argument(f"--{stage}", required=True, help="sample records (JSONL)")
    parser.add_argument("--workers", type=int, help="sandboxes at once; default: one per processor")
    parser.add_argument("--output", required=True, help="what came of each seed (JSONL)")
    add_part_option(parser)
    add_section(parser, SynthesisedSource)
    add_section(parser, ExecutionConfig, OWN)
    arguments = parser.parse_args()
    found = candidates_of(
        part_of(list(read_records(arguments.seeds, Seed)), arguments.part),
        read_records(arguments.statements, Sample),
        read_records(arguments.drawn, Sample),
        read_records(arguments.inputs, Sample),
        section_from(arguments, SynthesisedSource),
        section_from(arguments, ExecutionConfig),
        arguments.workers,
    )
    write_records(arguments.output, found)


if __name__ == "__main__":
    run(main)
