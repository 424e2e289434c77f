"""A real image of this project: what it says of itself, and that it is not built twice."""

import json
import re
import subprocess
import sys
from pathlib import Path

from helpers.cluster import PROJECT, environment
from helpers.places import ROOT

from codepref.files import sha256_of
from codepref.workflow.images import recipe


def run(*command: str | Path) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=PROJECT,
        env=environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_image_is_the_one_that_its_lock_describes(image: Path) -> None:
    known = json.loads((PROJECT / "envs/images.lock").read_text())["cpu"]
    assert known["sha256"] == sha256_of(image)
    labels = run("apptainer", "inspect", "--labels", image)
    assert f"codepref.recipe: {known['recipe']}" in labels
    assert re.search(r"codepref\.commit: [0-9a-f]{40}", labels)


def test_nothing_is_built_again(image: Path, monkeypatch) -> None:
    monkeypatch.chdir(PROJECT)
    assert json.loads(Path("envs/images.lock").read_text())["cpu"]["recipe"] == recipe(
        Path("envs/cpu.def")
    )
    printed = run(sys.executable, ROOT / "scripts/build_images.py", "cpu", "--check", "--verify")
    assert "up to date" in printed


def test_its_test_section_tells_versions(image: Path) -> None:
    printed = run("apptainer", "test", image)
    assert re.search(r"^torch 2\.13\.0", printed, re.M) and "bubblewrap 0." in printed
