"""Merge the sources' problems: no duplicates, no benchmark tasks, more tests where asked for."""

import argparse
import sys
import time
from pathlib import Path

from codepref.cli import add_section, run, section_from
from codepref.files import read_json, write_json, write_records
from codepref.problems.checkers import drop_faulty_checkers
from codepref.problems.decontamination.contamination import Task, read_tasks
from codepref.problems.decontamination.three_ways import find_contaminated
from codepref.problems.merge import Merged, deduplicate, drop_contaminated, limit
from codepref.problems.references import check_own, drop_broken
from codepref.problems.report import report
from codepref.problems.settings import ProblemsConfig
from codepref.problems.sharpening.sharpen import Sharpened, sharpen
from codepref.sandbox.settings import ExecutionConfig


def drop_unfit(
    merged: Merged, tasks: list[Task], config: ProblemsConfig, execution: ExecutionConfig
) -> None:
    """Leave out problems that are not to be trained on, and those over the limit."""
    drop_faulty_checkers(merged, execution)
    if tasks:
        solved, count = merged.solved(), len(merged.kept)
        found = find_contaminated(
            *(merged.records(), solved, count, tasks, config, merged.unchecked, execution)
        )
        drop_contaminated(merged, found, config)
    if config.check_references == "all":
        drop_broken(merged, execution)
    limit(merged, config)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", required=True, nargs="+", help="problem records (JSONL)")
    parser.add_argument("--collected", nargs="*", default=[], help="the sources' reports (JSON)")
    parser.add_argument(
        "--benchmarks", nargs="*", default=[], help="tasks to keep out, in EvalPlus's format"
    )
    parser.add_argument("--output", required=True, help="merged problem records (JSONL)")
    parser.add_argument("--report", required=True, help="what was kept and dropped (JSON)")
    parser.add_argument("--seed", type=int, default=0, help="of the tests made; default: 0")
    parser.add_argument(
        "--weaker-isolation",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="run reference solutions and checkers without namespaces where the machine has none",
    )
    add_section(parser, ProblemsConfig)
    arguments = parser.parse_args()
    config = section_from(arguments, ProblemsConfig)

    execution = ExecutionConfig(weaker_isolation=arguments.weaker_isolation)
    start = time.monotonic()
    collected = [read_json(path) for path in arguments.collected]
    check_own(arguments.inputs, collected, execution)
    merged = deduplicate(arguments.inputs, config)
    drop_unfit(merged, read_tasks(arguments.benchmarks), config, execution)

    sharpened = Sharpened()
    problems = sharpen(
        merged.problems(),
        config.sharpen_tests,
        arguments.seed,
        sharpened,
        execution,
        len(merged.kept),
    )
    write_records(arguments.output, problems)
    data = report(merged, collected, sharpened)
    data["mib"] = round(Path(arguments.output).stat().st_size / 2**20, 2)
    data["seconds"] = round(time.monotonic() - start, 1)
    write_json(arguments.report, data)
    print(
        f"{data['kept_total']} of {sum(data['collected'].values())} problems kept", file=sys.stderr
    )
    if not merged.kept:  # not an error here: a job that fails takes its report with it
        dropped = ", ".join(f"{sum(n.values())} {step}" for step, n in data["dropped"].items())
        print(f"no problem is left ({dropped}); {arguments.report} says more", file=sys.stderr)


if __name__ == "__main__":
    run(main)
