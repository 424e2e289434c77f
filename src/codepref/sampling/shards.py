"""Reading the problems, cutting them into jobs, and putting the jobs' files together."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from codepref.errors import UserError
from codepref.files import numbered_records, read_records, write_records
from codepref.records import Execution, Problem, Sample

Item = TypeVar("Item")


def read_problems(path: str | Path) -> list[Problem]:
    """Return a file's problems, in their order.

    Raises:
        UserError: the file is missing or malformed, or two problems have one id (so would their
            samples).
    """
    lines: dict[str, int] = {}
    problems = []
    for line, problem in numbered_records(path, Problem):
        if problem.id in lines:
            raise UserError(
                f"{path}:{line}: problem {problem.id} is also on line {lines[problem.id]}; each id "
                "may occur once"
            )
        lines[problem.id] = line
        problems.append(problem)
    return problems


def parse_shard(text: str) -> tuple[int, int]:
    """Return (number from 1, how many) of ``1/16`` or Snakemake's ``1-of-16``.

    Raises:
        UserError: not such a text, or a number beyond the count.
    """
    match = re.fullmatch(r"(\d+)(?:/|-of-)(\d+)", text)
    number, count = (int(part) for part in match.groups()) if match else (0, 0)
    if not 1 <= number <= count:
        raise UserError(
            f"--shard: expected I/N with 1 <= I <= N (for example 1/16), found '{text}'"
        )
    return number, count


def shard_of(items: Sequence[Item], number: int, count: int) -> Sequence[Item]:
    """Return the shard's items: contiguous, so that shards in order are the items in order."""
    return items[len(items) * (number - 1) // count : len(items) * number // count]


def gather_shards(
    record: type[Sample] | type[Execution], inputs: Sequence[str | Path], output: str | Path
) -> int:
    """Write the records of all files, in the order given, into one; return how many.

    Raises:
        UserError: a file is missing or malformed, or two records are of the same sample (names
            both files); nothing is written then.
    """
    seen: dict[tuple[str, str, int], str | Path] = {}

    def all_records() -> Iterator[Sample | Execution]:
        for path in inputs:
            for item in read_records(path, record):
                key = (item.model, item.problem_id, item.index)
                if key in seen:
                    raise UserError(
                        f"{path}: sample {item.index} of {item.problem_id} by {item.model} is also "
                        f"in {seen[key]}; merge each shard once"
                    )
                seen[key] = path
                yield item

    return write_records(output, all_records())
