"""Folders that are outputs, a model's for example, and have lost or changed a file since.

Snakemake looks only at a folder's time. What was in it is in the record of how it was made
(``codepref.provenance.record``).
"""

from collections.abc import Iterable
from pathlib import Path

from codepref.files import files_in
from codepref.provenance.record import read_provenance, sidecar, stat_mark
from codepref.workflow.contents import content_of


def damaged_folders(paths: Iterable[str | Path]) -> list[str]:
    """Return those of the paths that are folders without the content that their record names.

    Folders without a record are taken as they are: they were put there by hand.

    Raises:
        UserError: a record is malformed.
    """
    return [str(path) for path in paths if _is_damaged(Path(path))]


def _is_damaged(folder: Path) -> bool:
    if not folder.is_dir() or not sidecar(folder).is_file():
        return False
    made = read_provenance(folder).output
    mark, size = stat_mark(folder)
    if mark == made.stat:
        return False
    names = [path.relative_to(folder).as_posix() for path in files_in(folder)]
    # Times alone differ in a copy: then the content decides.
    return names != made.files or size != made.bytes or content_of(folder) != made.sha256
