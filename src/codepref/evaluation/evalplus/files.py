"""Names of files that the judge and the sandboxed programs share."""

from pathlib import Path

MANIFEST = "manifest.json"
INDEX_BYTES = 4  # of a number in the queue of what to grade


def part_file(folder: str | Path, task_id: str, part: str) -> Path:
    """Return the file of the ground truth of one part of a task."""
    return Path(folder) / f"{task_id.replace('/', '_')}.{part}.pickle"
