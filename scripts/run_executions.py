"""Execute samples in the sandbox: one verdict per sample, in the samples' order.

A killed run, started again with the same files and options, resumes where it stopped.
"""

import argparse
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.sandbox.execute import execute_samples
from codepref.sandbox.settings import ExecutionConfig


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=Path, required=True, help="problem records (JSONL)")
    parser.add_argument("--samples", type=Path, required=True, help="sample records (JSONL)")
    parser.add_argument("--output", type=Path, required=True, help="execution records (JSONL)")
    parser.add_argument(
        "--workers", type=int, help="sandboxes at work at once; default: one per processor"
    )
    add_section(parser, ExecutionConfig)
    arguments = parser.parse_args()
    if arguments.workers is not None and arguments.workers < 1:
        raise UserError(f"--workers must be at least 1, not {arguments.workers}")
    execute_samples(
        arguments.problems,
        arguments.samples,
        arguments.output,
        section_from(arguments, ExecutionConfig),
        arguments.workers,
    )


if __name__ == "__main__":
    run(main)
