"""Make the tables of a release again from its verdicts, and compare them with the shipped ones.

Exit status 1: something differs.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from codepref.cli import run
from codepref.errors import UserError
from codepref.provenance.record import ROOT
from codepref.provenance.release import is_packed, opened
from codepref.workflow.regrade import regrade
from codepref.workflow.remake import compare, newest, remake, update

RELEASES = ROOT / "releases"
AGAIN = Path("results/again")
NOT_COMPARED = (
    "Not compared: report.html (it tells of its own making), figures as PDF and PNG (the same "
    "drawings)."
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", type=Path, help="default: the newest below releases/")
    parser.add_argument(
        "--tier",
        choices=["verdicts", "samples"],
        default="verdicts",
        help="samples: grade all answers again, and compare verdict by verdict",
    )
    parser.add_argument("--tasks", type=int, help="of --tier samples: so many tasks of each kind")
    parser.add_argument("--update", action="store_true", help="ship what was made again")
    parser.add_argument("--cores", default="all", help="at most so many, or 'all'")
    arguments = parser.parse_args()
    if arguments.tasks is not None and (arguments.tasks < 1 or arguments.tier != "samples"):
        raise UserError("--tasks: a number from 1, together with --tier samples")
    if arguments.cores != "all" and not arguments.cores.isdecimal():
        raise UserError(f"--cores: a number or 'all', not '{arguments.cores}'")
    if arguments.tier == "samples" and arguments.update:
        raise UserError("verdicts are what was measured: only tables are refreshed (no --update)")
    release = arguments.release or newest(RELEASES)
    name = release.resolve().name
    if not name:
        raise UserError(f"{release}: expected the folder of a release")
    if arguments.update and not is_packed(release):
        raise UserError(f"{release}: is unpacked; only tables beside packed files are refreshed")
    with opened(release) as unpacked:
        if arguments.tier == "samples":
            sys.exit(grade_again(unpacked, arguments.cores, arguments.tasks))
        again = remake(unpacked, AGAIN / name, arguments.cores)
        shipped = release if is_packed(release) else next(unpacked.glob("*/*/config.json")).parent
        differ = tables_again(shipped, again)
    if arguments.update and differ:
        update(release, again)
        print(f"{release}: {differ} files refreshed; the packed ones are as they were")
    elif differ:
        sys.exit(1)


def tables_again(shipped: Path, again: Path) -> int:
    """Print how each file compares, and what that means; return how many differ."""
    files = list(compare(shipped, again))
    for file in files:
        print(f"{file.result:>14}  {file.name}")
    other = [file for file in files if not file.same]
    for file in other:
        if file.diff:
            print(f"\n{file.name}\n{file.diff}")
    print(f"\n{len(files) - len(other)} of {len(files)} files have the shipped bytes.")
    if other:
        print(
            f"{len(other)} do not: {', '.join(file.name for file in other)}. The verdicts are the "
            "released ones, so either the code that makes these files changed (then ship them: "
            "make tables UPDATE=1) or this machine rounds differently."
        )
    print(NOT_COMPARED)
    print(f"Made again: {again}/report.html")
    return len(other)


def grade_again(release: Path, cores: str, tasks: int | None) -> int:
    """Print how each file of verdicts compares; return the exit status."""
    workers = len(os.sched_getaffinity(0)) if cores == "all" else int(cores)
    files = total = 0
    other: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for file in regrade(release, Path(folder), workers, tasks):
            files, total = files + 1, total + file.verdicts
            same = file.verdicts - len(file.differences)
            print(f"{same:>6} of {file.verdicts} the same  {file.name}", flush=True)
            other += [f"{file.name}: {one}" for one in file.differences]
    for one in other:
        print(f"differs  {one}")
    part = f" ({tasks} tasks of each kind)" if tasks else ""
    print(
        f"\n{total - len(other)} of {total} verdicts in {files} files are the shipped ones{part}."
    )
    if other:
        print("Verdicts by time depend on the machine; look at the others (docs/executor.md).")
    return 1 if other else 0


if __name__ == "__main__":
    run(main, keep_record=False)
