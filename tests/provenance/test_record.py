"""Every command line leaves the record of where its outputs come from."""

import json
import subprocess
import sys
import time
from contextlib import chdir
from pathlib import Path

import pytest

from codepref.errors import UserError
from codepref.files import sha256_of
from codepref.provenance.record import (
    artifact,
    check_layout,
    mark_layout,
    read_provenance,
    records_in,
    sidecar,
)

SCRIPT = """
import argparse, sys
from pathlib import Path
from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_json, reading, whole_folder, write_json

def main():
    parser = argparse.ArgumentParser()
    for name in ("input", "model-folder", "output", "output-folder", "work", "fail", "model"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--unread")
    parser.add_argument("--seed", type=int)
    a = parser.parse_args()
    value = read_json(a.input)
    read_json("settings.json")
    if a.model_folder:
        with reading(a.model_folder):
            pass
    if a.work:
        write_json(Path(a.work) / "state.json", 1)
    if a.output:
        write_json(a.output, value)
    if a.output_folder:
        with whole_folder(a.output_folder) as folder:
            write_json(folder / "one.json", 1)
    if a.fail:
        raise UserError("no")

run(main)
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "script.py").write_text(SCRIPT)
    (tmp_path / "in.json").write_text("[1]")
    (tmp_path / "settings.json").write_text("{}")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "model.bin").write_bytes(b"x" * 1000)
    (tmp_path / "smollm").mkdir()  # as a value of --model it is a name, not a path
    return tmp_path


def call(place: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "script.py", "--input", "in.json", *options]
    return subprocess.run(command, cwd=place, capture_output=True, text=True)


def test_an_output_names_its_inputs_command_seed_and_code(place: Path) -> None:
    options = ["--model-folder=./weights", "--output", "out/a.json", "--seed", "7"]
    assert call(place, *options, "--model", "smollm").returncode == 0
    record = read_provenance(place / "out" / "a.json")
    assert {item.path for item in record.inputs} == {"in.json", "settings.json", "weights"}
    assert {item.path: item.sha256 for item in record.inputs}["in.json"] == sha256_of(
        place / "in.json"
    )
    assert record.output.path == "out/a.json"
    assert record.output.sha256 == sha256_of(place / "out" / "a.json")
    assert record.command[:3] == ["script.py", "--input", "in.json"]
    assert record.seed == 7
    assert record.versions["pydantic"]
    assert len(record.code.source_sha256) == 64
    assert record.machine.cores >= 1 and record.peak_memory_mb > 1 and record.seconds >= 0


def test_working_folders_are_neither_inputs_nor_outputs(place: Path) -> None:
    (place / "work").mkdir()
    assert call(place, "--work", "./work", "--output", "out.json").returncode == 0
    assert {i.path for i in read_provenance(place / "out.json").inputs} == {
        "in.json",
        "settings.json",
    }
    assert not sidecar(place / "work" / "state.json").exists()


def test_a_folder_is_one_output_and_is_hashed_once(place: Path) -> None:
    assert call(place, "--output-folder", "./made").returncode == 0
    record = read_provenance(place / "made")
    assert record.output.sha256 == sha256_of(place / "made")
    assert [path.name for path in (place / "made").iterdir()] == ["one.json"]
    (place / "made" / ".snakemake_timestamp").touch()  # which Snakemake adds afterwards
    assert record.output.sha256 == sha256_of(place / "made")
    # Unchanged: the recorded hash is taken. Changed: it is not.
    forged = record.model_copy(update={"output": record.output.model_copy(update={"sha256": "0"})})
    sidecar(place / "made").write_text(forged.model_dump_json())
    assert artifact(place / "made").sha256 == "0"
    time.sleep(0.01)
    (place / "made" / "one.json").write_text("2")
    assert artifact(place / "made").sha256 == sha256_of(place / "made")


def test_a_failed_command_claims_nothing(place: Path) -> None:
    assert call(place, "--output", "out.json", "--fail", "1").returncode == 2
    assert not sidecar(place / "out.json").exists()


def test_outputs_are_the_same_bytes_whatever_the_record_says(place: Path) -> None:
    assert call(place, "--output", "a.json").returncode == 0
    assert call(place, "--output", "b.json").returncode == 0
    assert (place / "a.json").read_bytes() == (place / "b.json").read_bytes()
    assert sidecar(place / "a.json").read_bytes() != sidecar(place / "b.json").read_bytes()


def test_a_missing_or_broken_record_is_named(place: Path) -> None:
    with pytest.raises(UserError, match=r"provenance/in\.json\.json: no such file"):
        read_provenance(place / "in.json")
    sidecar(place / "in.json").parent.mkdir()
    sidecar(place / "in.json").write_text(json.dumps({"output": 1}))
    with pytest.raises(UserError, match=r"in\.json\.json: not a valid Provenance record: field"):
        read_provenance(place / "in.json")


def test_what_an_option_names_and_nothing_reads_is_no_input(place: Path) -> None:
    assert call(place, "--output", "out.json", "--unread", "./weights/model.bin").returncode == 0
    inputs = {item.path for item in read_provenance(place / "out.json").inputs}
    assert inputs == {"in.json", "settings.json"}


def test_records_of_a_run_lie_in_its_folder_mirrored_by_path(place: Path) -> None:
    run = place / "results" / "mine"
    mark_layout(run)
    made = run / "tables" / "table1.md"
    assert call(place, "--output", "results/mine/tables/table1.md").returncode == 0
    assert sidecar(made) == run / "provenance" / "tables" / "table1.md.json"
    assert read_provenance(made).output.path == "results/mine/tables/table1.md"
    assert [path.name for path in made.parent.iterdir()] == ["table1.md"]
    assert list(records_in(run)) == [sidecar(made)]
    with chdir(made.parent):  # where one stands makes no difference
        assert sidecar("table1.md") == sidecar(made)
        assert sidecar("../../../in.json") == place / "provenance" / "in.json.json"


def test_a_run_of_another_layout_is_refused_with_what_to_do(tmp_path: Path) -> None:
    old, marked = tmp_path / "old", tmp_path / "marked"
    (old / "tables").mkdir(parents=True)
    for check in (mark_layout, check_layout):
        with pytest.raises(UserError, match=r"old: made by an older version .* another run name"):
            check(old)
    (tmp_path / "models-only" / "models" / "m").mkdir(parents=True)
    mark_layout(tmp_path / "models-only")  # a user may bring models
    mark_layout(marked)
    mark_layout(marked)
    check_layout(marked)
    (marked / "provenance" / "layout.json").write_text('{"layout": 3}')
    with pytest.raises(UserError, match="made by a newer version"):
        mark_layout(marked)
    for text in ("[]", '{"layout": "x"}', "{"):
        (marked / "provenance" / "layout.json").write_text(text)
        with pytest.raises(UserError, match=r"layout\.json: not the mark of a run"):
            check_layout(marked)
    with pytest.raises(UserError, match="no such folder; run the workflow first"):
        check_layout(tmp_path / "none")
