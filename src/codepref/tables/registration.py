"""Whether claims were fixed before the samples that decide them: which commit had them, and when.

Git is asked while the workflow runs, and the answer kept in ``<run>/registration.json``: a release
without git still says it, and whoever has the history can check it.
"""

import argparse
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field

from codepref.errors import UserError
from codepref.files import read_bytes, read_record
from codepref.provenance.record import git, records_in, run_of, shown
from codepref.strict import Strict

SAMPLERS = ("draw_samples.py", "generate_solutions.py")
"""the commands whose outputs claims are decided by"""


class Registration(Strict):
    """The first commit that has a file with exactly this content."""

    path: str
    sha256: str = Field(description="of the file's content")
    commit: str | None = Field(description="None: no commit has it, or there is no git here")
    committed: datetime | None = Field(description="the commit's date")


class Registrations(Strict):
    """``registration.json``: a record of each file of claims."""

    files: list[Registration]

    def of(self, path: Path) -> Registration:
        """Return the record of a file of claims as it is now.

        Raises:
            UserError: there is none, or the file was changed since.
        """
        content = hashlib.sha256(read_bytes(path)).hexdigest()
        for one in self.files:
            if one.sha256 == content:
                return one
        raise UserError(f"--registration: has no record of {path} as it is now; make it again")


def register(path: Path) -> Registration:
    """Look up the first commit of the project's history in which a file has its present content."""
    content = read_bytes(path)
    blob = git("hash-object", "--", str(path.resolve()))
    lines = git("log", "--format=%H %cI", f"--find-object={blob}") if blob else None
    commit, _, date = (lines or "").splitlines()[-1].partition(" ") if lines else ("", "", "")
    return Registration(
        path=shown(path),
        sha256=hashlib.sha256(content).hexdigest(),
        commit=commit or None,
        committed=datetime.fromisoformat(date) if date else None,
    )


def first_sample(run: Path | None) -> datetime | None:
    """Return when a run's first samples were begun, by its provenance; None: it does not say."""
    if run is None:
        return None
    begun = []
    for path in records_in(run):
        record = json.loads(path.read_text(encoding="utf-8"))
        if any(Path(word).name in SAMPLERS for word in record["command"][:1]):
            begun.append(datetime.fromisoformat(record["started"]))
    return min(begun, default=None)


def told(found: Registration, first: datetime | None) -> str:
    """Say whether claims were registered: fixed, word for word, before the first samples.

    Args:
        found: the record of their file.
        first: when the run's first samples were begun; None: unknown.
    """
    if found.commit is None or found.committed is None:
        return f"Not registered: no commit is known that has {found.path} as it is."
    commit = f"commit {found.commit[:7]} of {_day(found.committed)}"
    if first is None:
        return (
            f"Not registered: {commit} has {found.path} as it is, but when the run's first samples "
            "were drawn is not known."
        )
    if found.committed >= first:
        return (
            f"Not registered: {found.path} is as it is since {commit}, which is after the run's "
            f"first samples ({_day(first)})."
        )
    return (
        f"Registered: {commit} has {found.path} as it is, and the run's first samples were begun "
        f"later ({_day(first)})."
    )


def registered(registrations: Path, claims: Path) -> str:
    """Say whether a run's claims were registered.

    Args:
        registrations: the run's ``registration.json``.
        claims: the file of claims.

    Raises:
        UserError: a file is missing or malformed, or the claims were changed since.
    """
    found = read_record(registrations, Registrations).of(claims)
    return told(found, first_sample(run_of(registrations)))


def add_registration_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--registration``."""
    about = "registration.json of register_claims.py"
    parser.add_argument("--registration", type=Path, required=True, help=about)


def _day(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
