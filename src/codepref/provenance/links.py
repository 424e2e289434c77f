"""Links: files with their records, checked against each other.

A link holds if the file is there, is what its record says was made, and was made from what its
inputs are now; and if the code that its record names is the code that the commit holds.
"""

from dataclasses import dataclass, field
from pathlib import Path

from codepref.errors import UserError
from codepref.files import sha256_of
from codepref.provenance.record import (
    ROOT,
    SOURCE,
    Artifact,
    Provenance,
    git,
    read_provenance,
    run_of,
    shown,
    sidecar,
    source_sha256,
)


@dataclass(frozen=True)
class Link:
    """One step of a chain."""

    path: Path
    what: str
    line: int | None
    sha256: str
    text: str = ""

    def show(self) -> str:
        """Return the link as a line for the terminal."""
        place = self.path.as_posix() + (f":{self.line}" if self.line else "")
        shown = f"{self.sha256[:16]}  {place}  ({self.what})"
        return shown + "".join(f"\n    {line}" for line in self.text.splitlines())


@dataclass
class Checker:
    """Checks files and their records; each file is hashed once.

    Args:
        root: the folder that recorded paths are relative to.
        of_release: what releases do not ship may be missing: model folders, if what was made from
            one names the same hash as the model's own record, and files outside of the run that
            were given to it (data sets, packages).
        without_checkpoints: trained models may be missing likewise (runs delete them after use).
    """

    root: Path = Path()
    of_release: bool = False
    without_checkpoints: bool = False
    hashes: dict[Path, str] = field(default_factory=dict)
    checked: set[Path] = field(default_factory=set)
    walked: set[Path] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)

    def place(self, path: Path) -> Path:
        """Return where a recorded path lies: below the root, or in the project if it came with it.

        The project's own files (``paper/``) are elsewhere if the workflow ran in another folder.
        """
        below, ours = self.root / path, ROOT / path
        came_with_it = not below.exists() and ours.exists() and run_of(ours) is None
        return ours if came_with_it else below

    def sha256(self, path: Path, needed_by: str) -> str:
        """Return a file's hash.

        Raises:
            UserError: the file, or one of a folder that was made, is missing (names it and what
                needs it).
        """
        place = self.place(path)
        if not place.exists():
            raise UserError(f"broken link: {path} is missing; {needed_by} was made from it")
        if place not in self.hashes:
            made = place.is_dir() and sidecar(place).is_file()
            for name in read_provenance(place).output.files if made else []:
                if not (place / name).exists():
                    raise UserError(
                        f"broken link: {path / name} is missing; {needed_by} was made from it"
                    )
            self.hashes[place] = sha256_of(place)
        return self.hashes[place]

    def check(self, path: Path, needed_by: str = "the table") -> Provenance | None:
        """Check one file or folder against its record, and the record against inputs and code.

        Returns its record; None if it was given, not made.

        Raises:
            UserError: the first thing that does not hold, with the names of the files.
        """
        place = self.place(path)
        if not sidecar(place).is_file():
            if not self._is_elsewhere(place):
                self.sha256(path, needed_by)
            self.given.add(path.as_posix())
            return None
        record = read_provenance(place)
        if path in self.checked:
            return record
        self.checked.add(path)
        if not self._may_be_gone(path, record):
            found = self.sha256(path, needed_by)
            if found != record.output.sha256:
                raise UserError(
                    f"broken link: {path} changed after it was made: its record says "
                    f"{record.output.sha256[:16]}, it is {found[:16]}"
                )
        for item in record.inputs:
            found = self._current(item, path)
            if found != item.sha256:
                raise UserError(
                    f"broken link: {path} was made from another {item.path}: then "
                    f"{item.sha256[:16]}, now {found[:16]}; make {path} again"
                )
        _check_code(path, record)
        self.sources.add(record.code.source_sha256)
        return record

    def made(self, path: Path, needed_by: str = "the trace") -> Provenance:
        """Check what must have a record; return it.

        Raises:
            UserError: it has none, or a link is broken.
        """
        record = self.check(path, needed_by)
        if record is None:
            file = shown(sidecar(self.place(path)))
            raise UserError(f"broken link: {path} has no record of how it was made ({file})")
        return record

    def check_all(self, path: Path, needed_by: str = "the table") -> None:
        """Check a file and everything it was made from, to the beginning."""
        waiting = [(path, needed_by)]
        while waiting:
            current, user = waiting.pop()
            if current in self.walked:
                continue
            self.walked.add(current)
            record = self.check(current, user)
            if record:
                waiting += [(Path(item.path), current.as_posix()) for item in record.inputs]

    def link(self, path: Path, what: str, line: int | None = None, text: str = "") -> Link:
        """Check a file and return it as a step of a chain."""
        record = self.check(path)
        place = self.place(path)
        known = self.hashes.get(place) or (record and record.output.sha256)
        return Link(path, what, line, known or sha256_of(place), text)

    def _current(self, given: Artifact, user: Path) -> str:
        """Return the hash that something was made from has now."""
        source = Path(given.path)
        place = self.place(source)
        if self._is_elsewhere(place):
            return given.sha256
        if sidecar(place).is_file():
            record = read_provenance(place)
            if self._may_be_gone(source, record):
                return record.output.sha256
        return self.sha256(source, user.as_posix())

    def _is_elsewhere(self, place: Path) -> bool:
        """Tell whether something was given to the run of a release, and is not shipped with it."""
        return self.of_release and not place.exists() and run_of(place) is None

    def _may_be_gone(self, path: Path, record: Provenance) -> bool:
        """Whether this is a model folder without weights where that is allowed."""
        script = Path(record.command[0]).name
        trained = script.startswith("train_")
        model = trained or script.startswith("fetch_model")
        allowed = (self.of_release and model) or (self.without_checkpoints and trained)
        is_folder = bool(record.output.files)
        return allowed and is_folder and not list(self.place(path).glob("*.safetensors"))


def _check_code(path: Path, record: Provenance) -> None:
    code = record.code
    if code.commit is None or code.dirty is not False:
        return
    if git("cat-file", "-e", f"{code.commit}^{{commit}}") is None:
        raise UserError(
            f"{path}: its record names commit {code.commit[:12]}, which this repository lacks"
        )
    now = git("rev-parse", "HEAD")
    clean = git("status", "--porcelain", "--", *SOURCE) == ""
    if now == code.commit and clean and source_sha256() != code.source_sha256:
        raise UserError(
            f"{path}: made by other code than commit {code.commit[:12]}, which its record names"
        )
