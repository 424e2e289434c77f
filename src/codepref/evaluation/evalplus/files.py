"""What judge and sandboxed programs agree on. Imports nothing: both use it."""

from pathlib import Path

MANIFEST = "manifest.json"
INDEX_BYTES = 4  # of a number in the queue of what to grade


def part_file(folder: str | Path, task_id: str, part: str) -> Path:
    """Return where the ground truth of one part of a task lies."""
    return Path(folder) / f"{task_id.replace('/', '_')}.{part}.pickle"
