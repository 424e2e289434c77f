"""The tasks of a benchmark that are newer than a model's training data."""

import json
from datetime import date
from pathlib import Path

from codepref.errors import UserError
from codepref.files import check_writable, write_whole
from codepref.problems.sources.lines import numbered_lines


def select_tasks(data: str | Path, after: str, output: str | Path) -> tuple[int, int]:
    """Write the lines whose ``released`` is a later day; return how many, and of how many.

    Args:
        data: the tasks (JSONL).
        after: the day, as YYYY-MM-DD.
        output: where to.

    Raises:
        UserError: a task has no such day (names file and line), ``after`` is none, or no task is
            left.
    """
    check_writable(output)
    try:
        day = date.fromisoformat(after)
    except ValueError as error:
        raise UserError(f"--released-after: expected YYYY-MM-DD, found '{after}'") from error
    kept: list[bytes] = []
    total, newest = 0, date.min
    for number, line in numbered_lines(Path(data), "a benchmark's tasks (JSONL)"):
        if not line.strip():
            continue
        total += 1
        try:
            released = date.fromisoformat(json.loads(line)["released"])
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UserError(
                f"{data}:{number}: not a task with the day 'released' (YYYY-MM-DD)"
            ) from error
        newest = max(newest, released)
        if released > day:
            kept.append(line)
    if not kept:
        raise UserError(
            f"{data}: no task was released after {after}; the newest is of {newest}: take a newer "
            "release of the benchmark, or correct the model's 'released_after'"
        )
    with write_whole(output, "wb") as stream:
        stream.writelines(kept)
    return len(kept), total
