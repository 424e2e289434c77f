"""A release holds what a reviewer needs, says so in a manifest, and is checked link by link."""

import shutil
from contextlib import chdir
from pathlib import Path

import pytest
from helpers.full_run import RUN
from helpers.small_runs import script
from rocrate.rocrate import ROCrate

from codepref.errors import UserError
from codepref.provenance.record import sidecar
from codepref.provenance.release import MANIFEST, verify_release


@pytest.fixture(scope="module")
def made(tiny_run: Path) -> Path:
    root = tiny_run.parents[1]
    result = script("make_release.py", "--run", RUN, "--output", "release", folder=root)
    assert result.returncode == 0, result.stderr
    return root / "release"


@pytest.fixture
def release(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "release")


def test_it_holds_results_samples_and_records_but_no_models(release: Path) -> None:
    names = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    for wanted in (
        "tables/table1.csv",
        "provenance/layout.json",
        "provenance/tables/table1.csv.json",
        "claims.md",
        "report.html",
        "samples/smollm.jsonl",
        "executions/smollm.jsonl",
        "pairs/smollm.jsonl",
        "checkpoints/smollm/dpo/seed0/training.json",
        "provenance/checkpoints/smollm/dpo/seed0.json",
        "provenance/models/smollm.json",
    ):
        assert f"{RUN}/{wanted}" in names
    assert f"{RUN}/models/smollm/config.json" not in names
    assert {"LICENSE", "paper/claims.yaml", MANIFEST, "ro-crate-metadata.json"} <= names


def test_it_verifies_and_traces_without_the_models(release: Path) -> None:
    files, links = verify_release(release)
    assert files > 100 and links > 50
    cell = ("table1", "smollm", "dpo", "mbpp_demo+", "--run", RUN, "--without-models")
    result = script("trace.py", *cell, folder=release)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "name", ["samples/smollm.jsonl", "tables/table2.tex", "problems/all.jsonl", "report.html"]
)
def test_what_is_missing_or_changed_is_named(release: Path, name: str) -> None:
    path = release / RUN / name
    path.write_text(path.read_text() + " ")
    with pytest.raises(UserError, match=f"{RUN / name} is not what was released"):
        verify_release(release)
    path.unlink()
    with pytest.raises(UserError, match=f"{RUN / name} is missing from the release"):
        verify_release(release)


def test_what_was_added_is_named(release: Path) -> None:
    (release / "extra.txt").write_text("x")
    with pytest.raises(UserError, match=r"extra\.txt is in the release but not"):
        verify_release(release)


def test_a_release_or_run_of_an_older_version_is_refused(release: Path) -> None:
    """With what to do, by each command that reads one."""
    (release / RUN / "provenance/layout.json").unlink()
    names = (release / MANIFEST).read_text().splitlines(keepends=True)
    kept = [line for line in names if "layout.json" not in line]
    (release / MANIFEST).write_text("".join(kept))
    with pytest.raises(UserError, match="is for that version"):
        verify_release(release)
    for command in (
        ("trace.py", "all", "--run", RUN),
        ("make_release.py", "--run", RUN, "--output", "again"),
        ("enter_run.py", "--release", ".", "--tier", "verdicts", "--run", "results/new"),
    ):
        result = script(*command, folder=release)
        assert result.returncode == 2 and "older version of this project" in result.stderr, command


def test_a_broken_run_is_not_released(tiny_run: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny_run, tmp_path / RUN)
    (tmp_path / RUN / "samples/smollm.jsonl").unlink()
    with chdir(tmp_path):
        result = script("make_release.py", "--run", RUN, "--output", "r", folder=tmp_path)
    assert result.returncode == 2
    assert f"{RUN}/samples/smollm.jsonl is missing" in result.stderr
    assert not (tmp_path / "r").exists()


def test_the_crate_tells_how_every_file_was_made(release: Path) -> None:
    crate = ROCrate(release)
    table = crate.get(f"{RUN}/tables/table1.csv")
    makers = [
        action for action in crate.root_dataset["mentions"] if table in action.get("result", [])
    ]
    assert len(makers) == 1
    assert makers[0]["instrument"]["name"].endswith("scripts/render_tables.py")
    assert crate.get(f"{RUN}/benchmarks.csv") in makers[0]["object"]
    assert "w3id.org/ro/wfrun/process" in crate.root_dataset["conformsTo"].id
    assert sidecar(release / RUN / "tables/table1.csv").is_file()
