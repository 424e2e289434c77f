"""When an image has to be built, and what a user is told who cannot build one."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

from codepref.errors import UserError
from codepref.files import sha256_of, write_json
from codepref.provenance.record import read_provenance, recorded
from codepref.workflow import images

NAMES = ["cpu", "sampling", "training"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one definition, its lock file and an image built from them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "envs/images").mkdir(parents=True)
    (tmp_path / "envs/cpu.lock").write_text("six==1.17.0\n")
    definition = tmp_path / "envs/cpu.def"
    definition.write_text("Bootstrap: x\n\n%files\n    envs/cpu.lock /opt/cpu.lock\n\n%post\n")
    image = tmp_path / "envs/images/cpu.sif"
    image.write_bytes(b"an image")
    known = images.Image(recipe=images.recipe(Path("envs/cpu.def")), sha256=sha256_of(image))
    (tmp_path / "envs/images.lock").write_text(f'{{"cpu": {known.model_dump_json()}}}')
    return tmp_path


def test_an_unchanged_image_is_not_built_again(project: Path) -> None:
    assert images.needed("cpu", verify=True) is None


@pytest.mark.parametrize("changed", ["envs/cpu.def", "envs/cpu.lock"])
def test_a_changed_definition_or_lock_file_needs_a_build(project: Path, changed: str) -> None:
    file = project / changed
    file.write_text(file.read_text() + "# changed\n")
    assert images.needed("cpu") == "its definition or a lock file changed"


def test_a_changed_script_needs_none(project: Path) -> None:
    (project / "scripts").mkdir()
    (project / "scripts/new.py").write_text("print(1)\n")
    assert images.needed("cpu", verify=True) is None


def test_a_replaced_file_is_noticed(project: Path) -> None:
    (project / "envs/images/cpu.sif").write_bytes(b"another")
    reason = images.needed("cpu", verify=True)
    assert reason is not None and "not the one" in reason


def test_a_lock_file_that_is_gone_is_named(project: Path) -> None:
    (project / "envs/cpu.lock").unlink()
    with pytest.raises(UserError, match=r"envs/cpu\.lock: .* envs/cpu\.def is built from it"):
        images.needed("cpu")


def test_without_apptainer_the_user_is_told_what_to_do(project: Path) -> None:
    (project / "envs/images.lock").unlink()
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/build_images.py", "cpu"],
        env={"PATH": str(project)},
        text=True,
        capture_output=True,
    )
    assert done.returncode == 2
    assert "neither apptainer nor singularity is installed" in done.stderr
    assert "module load apptainer" in done.stderr
    assert "Traceback" not in done.stderr
    assert (project / "envs/images/cpu.sif").read_bytes() == b"an image"


def test_another_machine_is_refused_and_told_its_way(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images.platform, "machine", lambda: "aarch64")
    with pytest.raises(UserError, match=r"images are for x86_64.*torch.*make setup gpu-envs"):
        images.build("cpu")


# Builds the image that its last but one argument names.
APPTAINER = """#!/bin/sh
while [ $# -gt 2 ]; do shift; done
echo "built from $2" >"$1"
"""


def test_records_of_jobs_in_an_image_have_the_hash_of_the_file_that_was_built(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "apptainer").write_text(APPTAINER)
    (project / "apptainer").chmod(0o755)
    monkeypatch.setenv("PATH", f"{project}:/usr/bin:/bin")
    images.build("cpu")
    image = project / "envs/images/cpu.sif"
    assert image.read_text() == "built from envs/cpu.def\n"
    monkeypatch.setenv("APPTAINER_CONTAINER", str(image))
    with recorded(["script.py"]):
        write_json(project / "out.json", 1)
    machine = read_provenance(project / "out.json").machine
    assert (machine.image, machine.image_sha256) == ("cpu.sif", sha256_of(image))
    monkeypatch.setenv("APPTAINER_CONTAINER", str(project / "envs/images/other.sif"))
    with recorded(["script.py"]):
        write_json(project / "out.json", 1)
    assert read_provenance(project / "out.json").machine.image_sha256 is None


@pytest.mark.parametrize("name", NAMES)
def test_every_definition_is_pinned_labelled_and_tested(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    text = Path(f"envs/{name}.def").read_text()
    assert len(images.recipe(Path(f"envs/{name}.def"))) == 64  # so its lock files exist
    assert "snapshot.debian.org/archive/debian/20" in text
    assert "--require-hashes --no-deps" in text
    assert "{{ COMMIT }}" in text and "{{ RECIPE }}" in text
    assert "\n%test\n" in text


@pytest.mark.parametrize("name", ["sampling", "training"])
def test_every_package_for_gpus_has_a_file_for_both_machines(name: str) -> None:
    text = (ROOT / f"envs/{name}.lock").read_text()
    entry = r"^[\w.-]+==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+"
    entries = re.findall(entry, text, re.M)
    assert text == text.splitlines(keepends=True)[0] + "".join(entries) and len(entries) > 150
    files = {found.split("==")[0]: found.count("--hash=") for found in entries}
    assert set(files.values()) == {1, 2}  # for any machine; for x86_64 and aarch64
    assert files["torch"] == files["triton"] == files["nvidia-cublas"] == 2
    assert files.get("vllm", 2) == 2 and files["transformers"] == 1
