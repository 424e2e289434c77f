"""The parts of the seeds that one job each takes, named as Snakemake names shards: ``2-of-3``."""

import argparse
import re
from collections.abc import Sequence
from typing import TypeVar

from codepref.errors import UserError
from codepref.sampling.shards import split

Item = TypeVar("Item")


def add_part_option(parser: argparse.ArgumentParser) -> None:
    """Give a command line the option ``--part``."""
    parser.add_argument(
        "--part", default="1-of-1", metavar="N-of-M", help="of the seeds; default: 1-of-1, all"
    )


def part_of(items: Sequence[Item], part: str) -> Sequence[Item]:
    """Return the items of a part.

    Raises:
        UserError: ``part`` does not name one.
    """
    found = re.fullmatch(r"(\d+)-of-(\d+)", part)
    number, count = map(int, found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        raise UserError(f"--part: expected a part like 2-of-3, not '{part}'")
    return split(items, count)[number - 1]


def parts(items: int, per_job: int) -> list[str]:
    """Return the names of the parts of so many items, of about ``per_job`` each."""
    count = max(1, -(-items // per_job))
    return [f"{number}-of-{count}" for number in range(1, count + 1)]
