"""Claims count as registered only where a commit older than the first samples has them."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from codepref.errors import UserError
from codepref.files import write_json, write_text
from codepref.provenance import record
from codepref.provenance.record import mark_layout, recorded
from codepref.tables.registration import Registrations, first_sample, register, registered, told


def git(folder: Path, *arguments: str, date: str = "2026-01-02T03:04:05+00:00") -> str:
    names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER")
             for what in ("NAME", "EMAIL")}  # fmt: skip
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env={**os.environ, **names, **dates}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of claims in a repository of its own, committed."""
    project = tmp_path / "project"
    path = project / "claims.yaml"
    write_text(path, "claims: [that it rains]\n")
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "Claim that it rains")
    monkeypatch.setattr(record, "ROOT", project)
    return path


def samples_drawn(run: Path) -> Path:
    """Mark a run's folder and make samples in it, now; return where its registration lies."""
    run.mkdir()
    mark_layout(run)
    with recorded(["scripts/draw_samples.py", "--output", str(run / "samples.jsonl")]):
        write_text(run / "samples.jsonl", "")
    return run / "registration.json"


def keep(path: Path, claims: Path) -> None:
    write_json(path, Registrations(files=[register(claims)]).model_dump(mode="json"))


def test_a_commit_before_the_samples_registers(claims: Path, tmp_path: Path) -> None:
    kept = samples_drawn(tmp_path / "run")
    keep(kept, claims)
    commit = git(claims.parent, "rev-parse", "--short=7", "HEAD")
    text = registered(kept, claims)
    assert text.startswith(f"Registered: commit {commit} of 2026-01-02 03:04 UTC has ")
    assert f"begun later ({datetime.now(UTC):%Y-%m-%d}" in text


def test_a_commit_after_the_samples_does_not(claims: Path, tmp_path: Path) -> None:
    kept = samples_drawn(tmp_path / "run")
    write_text(claims, "claims: [that it snows]\n")
    git(claims.parent, "commit", "-qam", "Claim that it snows", date="2099-01-01T00:00:00+00:00")
    keep(kept, claims)
    assert "which is after the run's first samples" in registered(kept, claims)


def test_the_first_commit_with_this_content_counts(claims: Path) -> None:
    first = git(claims.parent, "rev-parse", "HEAD")
    write_text(claims.parent / "other.txt", "")
    git(claims.parent, "add", ".")
    git(claims.parent, "commit", "-qm", "Add a file", date="2026-05-05T00:00:00+00:00")
    assert register(claims).commit == first


def test_what_is_in_no_commit_is_not_registered(claims: Path) -> None:
    write_text(claims, "claims: [that it hails]\n")
    assert register(claims).commit is None
    assert told(register(claims), None).startswith("Not registered: no commit is known")


def test_without_git_what_was_recorded_counts(
    claims: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = samples_drawn(tmp_path / "run")
    keep(kept, claims)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert register(claims).commit is None
    assert registered(kept, claims).startswith("Registered: ")
    write_text(claims, "claims: [that it hails]\n")
    with pytest.raises(UserError, match=r"has no record of .*claims\.yaml as it is now"):
        registered(kept, claims)


def test_without_a_record_of_the_samples_it_is_not_registered(claims: Path, tmp_path: Path) -> None:
    assert first_sample(None) is None
    keep(tmp_path / "registration.json", claims)
    text = registered(tmp_path / "registration.json", claims)
    assert text.startswith("Not registered: commit ")
    assert text.endswith("when the run's first samples were drawn is not known.")
