"""Where there are no containers, jobs with GPUs run in virtual environments of their own."""

import os
import re
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import Snakemake, environment

from codepref.preflight.job import OF_KIND, STEPS
from codepref.provenance.record import mark_layout

WITHOUT_CONTAINERS = ["--sdm", "env-modules"]


# A script that follows; no package is found but those of a lock file.
ONLY_LOCKED = """
import importlib.metadata, pathlib, re, runpy, sys

def plain(name):
    return re.sub("[-_.]+", "-", name).lower()

lock, *sys.argv = sys.argv[1:]
pins = re.findall("^(.+?)==", pathlib.Path(lock).read_text(), re.M)
locked = {"codepref", *map(plain, pins)}
packages = importlib.metadata.packages_distributions()
others = {name for name, of in packages.items() if not locked & set(map(plain, of))}

class NotLocked:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in others:
            raise ModuleNotFoundError(f"{name} is in no package of {lock}", name=name)

sys.meta_path.insert(0, NotLocked())
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.fixture
def environments(checkout: Path) -> Path:
    """The checkout's folder of environments, still without any."""
    (checkout / "envs").unlink()
    (checkout / "envs").mkdir()
    for path in (ROOT / "envs").iterdir():
        if path.name != "gpu":
            (checkout / "envs" / path.name).symlink_to(path)
    (checkout / "envs/gpu").mkdir()
    return checkout / "envs/gpu"


def commands(printed: str) -> dict[str, str]:
    """The shell command of each rule (of its last job) in a dry run's output."""
    blocks = re.findall(r"^(?:local)?rule (\w+):\n(.*?)(?=^\[|\Z)", printed, re.M | re.S)
    return {rule: text for rule, text in blocks if "python " in text}


def test_the_environment_reaches_the_command_of_each_rule(
    environments: Path, snakemake: Snakemake
) -> None:
    done = snakemake("-n", "-p", "--cores", "1000", *WITHOUT_CONTAINERS)
    assert done.returncode == 0, done.stdout
    found = {
        rule: re.findall(r"python scripts/on_gpus.py (\w+) (\d) (\w+)", text)
        for rule, text in commands(done.stdout).items()
    }
    assert found["samples_draw"] == found["benchmarks_generate"] == [("sampling", "1", "python")]
    assert found["policies_train"] == [("training", "4", "accelerate")]
    assert found["references_score"] == [("training", "4", "accelerate")]
    assert found["rewards_score"] == [("training", "1", "python")]
    assert found["executions_run"] == found["tables_render"] == []


def test_containers_are_used_where_they_are_asked_for(
    environments: Path, snakemake: Snakemake, tmp_path: Path
) -> None:
    (tmp_path / "apptainer").write_text("#!/bin/sh\necho apptainer version 1.4.5\n")
    (tmp_path / "apptainer").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = snakemake("-n", "-p", "--cores", "1000", "--sdm", "apptainer", PATH=path)
    assert done.returncode == 0 and "scripts/on_gpus.py" in done.stdout, done.stdout
    assert "envs/gpu" not in done.stdout


@pytest.mark.parametrize("executor", ["local", "slurm"])
def test_a_missing_environment_stops_the_run_before_a_job_starts(
    executor: str, environments: Path, snakemake: Snakemake, tmp_path: Path
) -> None:
    if executor == "slurm":  # nobody has run make gpu-envs: the jobs could not do without
        environments.rmdir()
    done = snakemake("--executor", executor, "--cores", "2", "--jobs", "2", *WITHOUT_CONTAINERS)
    assert done.returncode != 0
    missing = ", ".join(str(environments / name) for name in ("sampling", "training"))
    assert f"missing: {missing}; make them with: make gpu-envs" in done.stdout, done.stdout
    assert "Traceback" not in done.stdout and "submitted" not in done.stdout
    assert not (tmp_path / "results").exists()


def test_a_job_runs_the_python_of_its_environment(
    environments: Path, snakemake: Snakemake, tmp_path: Path
) -> None:
    """A real second environment, which sees the packages of this one and notes who starts."""
    for name in ("sampling", "training"):
        venv.create(environments / name, with_pip=False)
        (environments / name / ".ready").touch()
        (packages,) = (environments / name).glob("lib/python*/site-packages")
        note = f"import sys; print(sys.executable, file=open({str(tmp_path / name)!r}, 'a'))"
        (packages / "this.pth").write_text(
            f"{sysconfig.get_path('purelib')}\n{ROOT / 'src'}\n{note}\n"
        )
    (tmp_path / "nvidia-smi").write_text("#!/bin/sh\necho '0, GPU-of-a-test'\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    (tmp_path / "gpu.yaml").write_text("compute: {generate: {gpus: 1}}\n")
    mark_layout(tmp_path / "results/test")
    (tmp_path / "results/test/problems/shards").mkdir(parents=True)
    (tmp_path / "results/test/problems/shards/1-of-2.jsonl").touch()
    (tmp_path / "results/test/models/smollm").mkdir(parents=True)
    done = snakemake(
        *("--cores", "2", *WITHOUT_CONTAINERS, "--allowed-rules", "samples_draw"),
        *("--configfile", "configs/test.yaml", "gpu.yaml"),
        *("--", "results/test/samples/smollm/1-of-2.jsonl"),
        PATH=f"{tmp_path}:{os.environ['PATH']}",
    )
    # This machine has no GPU, so the job ends; it was the environment's Python that said so.
    assert done.returncode != 0 and "error: this job was given 1 GPU" in done.stdout, done.stdout
    started = (tmp_path / "sampling").read_text().splitlines()
    assert set(started) == {str(environments / "sampling/bin/python")}
    assert started  # draw_samples.py
    assert not (tmp_path / "training").exists()


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        ("Linux ppc64le", ["Linux on x86_64 and aarch64", "this is Linux ppc64le"]),
        ("Darwin arm64", ["with NVIDIA GPUs", "this is Darwin arm64"]),
    ],
)
def test_other_machines_are_refused(machine: str, words: list[str], tmp_path: Path) -> None:
    (tmp_path / "uname").write_text(f"#!/bin/sh\necho {machine}\n")
    (tmp_path / "uname").chmod(0o755)
    done = subprocess.run(
        [ROOT / "envs/install.sh", tmp_path / "new", "training"],
        env={**environment(), "PYTHON": sys.executable, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        text=True,
        capture_output=True,
    )
    if sys.version_info[:2] != (3, 11):
        machine, words = "", ["the locks for GPUs are for Python 3.11"]
    assert done.returncode == 2 and done.stderr.startswith("error: "), done.stderr
    assert all(word in done.stderr for word in words)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("script", ["draw_samples", "generate_solutions", "on_gpus"])
def test_a_script_for_sampling_starts_with_what_is_locked_for_it(script: str) -> None:
    command = [sys.executable, "-c", ONLY_LOCKED, "envs/sampling.lock", f"scripts/{script}.py"]
    done = subprocess.run([*command, "--help"], cwd=ROOT, text=True, capture_output=True)
    assert done.returncode == 0 and done.stdout.startswith("usage: "), done.stderr


def test_a_preflight_starts_with_what_is_locked_for_its_kind_of_job(tmp_path: Path) -> None:
    for kind, lock in (("sample", "sampling"), ("train", "training")):
        modules = {STEPS[name].module for name in OF_KIND[kind]}
        imports = "".join(f"import codepref.preflight.{module}\n" for module in sorted(modules))
        (tmp_path / "imports.py").write_text(imports)
        command = [sys.executable, "-c", ONLY_LOCKED, f"envs/{lock}.lock", tmp_path / "imports.py"]
        done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
