"""Where the ground truth lies. Imports nothing: sandboxed programs use it, too."""

from pathlib import Path

MANIFEST = "manifest.json"


def part_file(folder: str | Path, task_id: str, part: str) -> Path:
    """Return where the ground truth of one part of a task lies."""
    return Path(folder) / f"{task_id.replace('/', '_')}.{part}.pickle"
