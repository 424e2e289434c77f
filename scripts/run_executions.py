"""Execute samples in the sandbox: one verdict per sample, in the samples' order.

A run that was killed goes on where it was when started again with the same files and options.
"""

import argparse
import hashlib
import sys
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.files import sha256_of
from codepref.progress import Progress
from codepref.sandbox import Executor
from codepref.sandbox.inputs import read_pairs, read_problems, validate_samples
from codepref.sandbox.settings import ExecutionConfig
from codepref.sandbox.summary import Summary
from codepref.sandbox.work_file import WorkFile


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
    config = section_from(arguments, ExecutionConfig)
    if arguments.workers is not None and arguments.workers < 1:
        raise UserError(f"--workers must be at least 1, not {arguments.workers}")

    problems = read_problems(arguments.problems)
    total = validate_samples(arguments.samples, problems)
    with WorkFile(arguments.output, _identity(arguments, config), total) as work:
        if work.finished:
            print(f"{work.finished} of {total} verdicts are already there", file=sys.stderr)
        if work.discarded:
            print("other inputs or options than last time: starting anew", file=sys.stderr)
        summary = Summary()
        try:
            lost = _execute(arguments, config, problems, work, total, summary)
        except BaseException:
            work.discard()
            raise
        print(summary.table(), file=sys.stderr)
        if lost:
            raise UserError(
                f"{lost} of {total} samples could not be executed because the sandbox failed "
                f"({summary.last_infra_message}); run again: the other verdicts are kept"
            )
        work.finish()


def _execute(
    arguments: argparse.Namespace,
    config: ExecutionConfig,
    problems: dict,
    work: WorkFile,
    total: int,
    summary: Summary,
) -> int:
    """Execute what is not finished; return how many samples have no verdict."""
    numbers: list[int] = []  # position among the pairs -> position among all samples

    def unfinished():
        for number, pair in enumerate(read_pairs(arguments.samples, problems)):
            if not work.has(number):
                numbers.append(number)
                yield pair

    progress = Progress("executed", total, done=work.finished)
    with Executor(arguments.workers, config) as executor:
        summary.start(executor.workers, executor.isolation.name)
        for position, execution in executor.run_as_completed(unfinished()):
            summary.add(execution)
            if execution.verdict != "infra_error":
                work.add(numbers[position], execution)
            progress.advance(note=f"{summary.passed} passed")
    return summary.counts["infra_error"]


def _identity(arguments: argparse.Namespace, config: ExecutionConfig) -> str:
    parts = (sha256_of(arguments.problems), sha256_of(arguments.samples), config.model_dump_json())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


if __name__ == "__main__":
    run(main)
