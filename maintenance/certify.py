"""Certify the grading: published samples and reference solutions must get their known verdicts.

Grades CodeQwen1.5-7B-Chat's published samples on the data they were published with and on the
current data, and prints the published score, ours, and every task that differs with its reason.
Then grades the data sets' own reference solutions with one worker, with two, and beside two busy
processors: all must pass each time.
"""

import argparse
import contextlib
import sys
from pathlib import Path

import certification

from codepref.cli import add_section, run, section_from
from codepref.errors import UserError
from codepref.evaluation.settings import GradingConfig

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, default=ROOT / "results" / "certify", help="cache")
    parser.add_argument("--workers", type=int, default=2, help="solutions at the same time")
    parser.add_argument("--only", choices=["samples", "references"], help="one of the two halves")
    add_section(parser, GradingConfig)
    arguments = parser.parse_args()

    shared = certification.shared_data(ROOT)
    if not (shared / "published_samples").is_dir():
        print(f"skipped: needs the published samples in {shared}, which is not there")
        return
    arguments.work.mkdir(parents=True, exist_ok=True)
    config = section_from(arguments, GradingConfig)
    failures = []
    if arguments.only != "references":
        failures += certify_samples(shared, arguments.work, config, arguments.workers)
    if arguments.only != "samples":
        failures += certify_references(shared, arguments.work, config)
    if failures:
        raise UserError("not certified: " + "; ".join(failures))
    print("certified")


def certify_samples(shared: Path, work: Path, config: GradingConfig, workers: int) -> list[str]:
    """Grade and print every case; return what is wrong."""
    failures = []
    for case in certification.CASES:
        published, benchmark = certification.load_case(case, shared, work)
        if case.published and benchmark.md5 != published.data_md5:
            failures.append(f"{case.file}: not the file the verdicts were published on")
        ours = certification.grade_published(published, benchmark, config, work / "cache", workers)
        before = [published.solved[key] for key in benchmark.tasks]
        print(f"{case.file}: {ours.total} tasks" + ("" if case.published else " (current version)"))
        for name, index, solved in (("base", 0, ours.base_solved), ("plus", 1, ours.plus_solved)):
            known = sum(verdict[index] for verdict in before)
            print(
                f"  {name}: published {known} ({known / ours.total:.3f}), "
                f"ours {solved} ({solved / ours.total:.3f})"
            )
        for found in certification.differences(published, ours):
            print(
                f"  {found.task_id}: published {found.published}, ours {found.ours}: {found.reason}"
            )
            if found.reason.startswith(certification.UNEXPLAINED):
                failures.append(f"{case.file}: {found.task_id} differs without a known reason")
        sys.stdout.flush()
    return failures


def certify_references(shared: Path, work: Path, config: GradingConfig) -> list[str]:
    """Grade the current reference solutions in three situations; return what is wrong."""
    failures = []
    for case in certification.CASES:
        if case.published:
            continue
        _, benchmark = certification.load_case(case, shared, work)
        for workers, burners in ((1, 0), (2, 0), (2, 2)):
            load = certification.processor_burners(burners) if burners else contextlib.nullcontext()
            with load:
                ours = certification.grade_references(benchmark, config, work / "cache", workers)
            beside = f", {burners} processors busy beside" if burners else ""
            print(
                f"{case.file}: reference solutions, {workers} workers{beside}: base "
                f"{ours.base_solved}, plus {ours.plus_solved} of {ours.total} "
                f"in {ours.seconds:.0f} s"
                + (f"; repaired: {ours.repaired}" if ours.repaired else ""),
                flush=True,
            )
            if ours.plus_solved != ours.total:
                failures.append(f"{case.file}: {ours.total - ours.plus_solved} references fail")
    return failures


if __name__ == "__main__":
    run(main)
