"""A machine with GPUs and no scheduler: each job has devices of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.snakemake_runs import environment

from codepref.workflow import local_gpus

ON_GPUS = [sys.executable, str(ROOT / "scripts/on_gpus.py"), "training"]
# Says when it held which devices, as long as a job of a second.
JOB = """
import json, os, sys, time
began = time.monotonic()
time.sleep(float(sys.argv[1]))
print(json.dumps([os.environ.get("CUDA_VISIBLE_DEVICES"), began, time.monotonic()]))
"""
SNAKEFILE = f"""
import sys
from codepref.errors import UserError
from codepref.workflow.local_gpus import count_gpus
from snakemake.exceptions import WorkflowError

NEEDED = int(config["needed"])

onstart:
    try:
        count_gpus(workflow, NEEDED)
    except UserError as error:
        raise WorkflowError(str(error))

rule all:
    input: expand("{{number}}.json", number=range(8))

rule one:
    output: "{{number}}.json"
    resources: gpu=NEEDED
    shell: "{" ".join(ON_GPUS)} {{NEEDED}} {sys.executable} job.py 0.5 > {{output}}"
"""


@pytest.fixture
def machine(tmp_path: Path) -> dict[str, str]:
    """Environment variables of a machine whose ``nvidia-smi`` shows two GPUs."""
    programs = tmp_path / "programs"
    programs.mkdir()
    stub = programs / "nvidia-smi"
    stub.write_text(
        f"#!/bin/sh\necho '0, GPU-{tmp_path.name}-a'\necho '1, GPU-{tmp_path.name}-b'\n"
    )
    stub.chmod(0o755)
    (tmp_path / "job.py").write_text(JOB)
    env = environment()
    env.pop("CUDA_VISIBLE_DEVICES", None)
    return {**env, "PATH": f"{programs}:{env['PATH']}"}


def snakemake(folder: Path, env: dict[str, str], needed: int, *more: str) -> tuple[int, str]:
    (folder / "Snakefile").write_text(SNAKEFILE)
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "8", "--config", f"needed={needed}", *more],
        cwd=folder,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.returncode, done.stdout


def test_eight_jobs_on_two_gpus_are_never_two_on_one(
    tmp_path: Path, machine: dict[str, str]
) -> None:
    code, printed = snakemake(tmp_path, machine, 1)
    assert code == 0 and "2 GPUs: jobs share them" in printed, printed
    assert "waiting for" not in printed  # Snakemake started no more than there are GPUs for
    jobs = [json.loads(path.read_text()) for path in sorted(tmp_path.glob("?.json"))]
    assert len(jobs) == 8 and {device for device, _, _ in jobs} == {"0", "1"}
    for device in ("0", "1"):
        times = sorted(job[1:] for job in jobs if job[0] == device)
        assert all(end <= begin for (_, end), (begin, _) in pairwise(times))


def test_jobs_that_snakemake_does_not_count_wait(tmp_path: Path, machine: dict[str, str]) -> None:
    """``--resources gpu=8`` is what the user says; the devices are still held one by one."""
    code, printed = snakemake(tmp_path, machine, 2, "--resources", "gpu=8")
    assert code == 0 and "waiting for 2 of 2 GPUs" in printed, printed
    jobs = sorted(json.loads(path.read_text())[1:] for path in tmp_path.glob("?.json"))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(jobs))


def test_a_machine_with_too_few_gpus_is_refused(tmp_path: Path, machine: dict[str, str]) -> None:
    code, printed = snakemake(tmp_path, machine, 4)
    assert code != 0 and "one job asks for 4 GPUs" in printed and "shows 2" in printed, printed
    assert "Traceback" not in printed and not list(tmp_path.glob("?.json"))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_job_frees_its_devices(
    tmp_path: Path, machine: dict[str, str], end: signal.Signals
) -> None:
    both = [*ON_GPUS, "2"]
    held = subprocess.Popen(
        [*both, "sh", "-c", "touch held; exec sleep 60"], cwd=tmp_path, env=machine
    )
    while not (tmp_path / "held").exists():
        time.sleep(0.1)
    waits = [*both, sys.executable, "job.py", "0"]
    begun = subprocess.Popen(waits, cwd=tmp_path, env=machine, stdout=subprocess.PIPE)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            begun.wait(8)
        held.send_signal(end)
        held.wait(10)
        printed, _ = begun.communicate(timeout=30)
        assert json.loads(printed)[0] == "0,1"
    finally:
        for process in (held, begun):
            process.kill()
            process.wait()


def test_only_the_devices_that_were_given_are_used(
    tmp_path: Path, machine: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", machine["PATH"])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert local_gpus.machine_gpus() == {"1": f"GPU-{tmp_path.name}-b"}
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert local_gpus.machine_gpus() == {}
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    monkeypatch.setenv("PATH", os.defpath)
    assert local_gpus.machine_gpus() == {}
