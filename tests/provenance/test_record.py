"""Every command line leaves the record of where its outputs come from."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codepref.errors import UserError
from codepref.files import sha256_of
from codepref.provenance.record import artifact, read_provenance, sidecar

SCRIPT = """
import argparse, sys
from pathlib import Path
from codepref.cli import run
from codepref.errors import UserError
from codepref.files import read_json, whole_folder, write_json

def main():
    parser = argparse.ArgumentParser()
    for name in ("input", "model-folder", "output", "output-folder", "work", "fail", "model"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--seed", type=int)
    a = parser.parse_args()
    value = read_json(a.input)
    read_json("settings.json")
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
    assert not list((place / "made").glob("*.prov.json"))
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
    with pytest.raises(UserError, match=r"in\.json\.prov\.json: no such file"):
        read_provenance(place / "in.json")
    sidecar(place / "in.json").write_text(json.dumps({"output": 1}))
    with pytest.raises(UserError, match=r"in\.json\.prov\.json: not a valid Provenance record"):
        read_provenance(place / "in.json")
    assert os.sep in str(place)
