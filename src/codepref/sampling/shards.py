"""Cutting the problems into the shards that one job each takes, and gathering their records."""

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from codepref.errors import UserError
from codepref.files import read_records, write_records
from codepref.records import Execution, Sample, read_problems

Item = TypeVar("Item")


def split(items: Sequence[Item], count: int) -> list[Sequence[Item]]:
    """Return ``count`` contiguous shards of nearly equal size: in order they are the items."""
    ends = [len(items) * number // count for number in range(count + 1)]
    return [items[start:end] for start, end in itertools.pairwise(ends)]


def split_problems(path: str | Path, outputs: Sequence[str | Path], per_shard: int) -> list[int]:
    """Write the problems of a file into shards, one for each output; return their sizes.

    The outputs were named before there were problems. Of fewer than expected the first shards have
    about ``per_shard`` each and the last ones none, which start no engine; of more all have more.

    Raises:
        UserError: the file is missing, malformed or empty, or two problems have one id.
    """
    problems = list(read_problems(path).values())
    if not problems:
        raise UserError(
            f"{path}: no problem is left after merging (problems_merge); its log says why"
        )
    shards = split(problems, min(len(outputs), -(-len(problems) // per_shard)))
    shards += [[]] * (len(outputs) - len(shards))
    for output, shard in zip(outputs, shards, strict=True):
        write_records(output, shard)
    return [len(shard) for shard in shards]


def gather(
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
                        f"in {seen[key]}; give each shard once"
                    )
                seen[key] = path
                yield item

    return write_records(output, all_records())
