"""The scheduler's warning to a job's first process reaches the training, and ends nobody."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from helpers.snakemake_runs import environment

# What SLURM starts: it knows the relay, and runs a rule's shell command.
SNAKEMAKE = """
import subprocess, sys
from codepref.workflow.save_relay import relay_warnings
relay_warnings()
command = f"set -o pipefail; {sys.executable} training.py | tee log"
sys.exit(subprocess.run(["bash", "-c", command]).returncode)
"""
TRAINING = """
import time
from codepref.training.save_request import SaveRequest
request = SaveRequest()
request.listen()
print("ready", flush=True)
until = time.monotonic() + 30
while not request.pending and time.monotonic() < until:
    time.sleep(0.05)
print("asked" if request.pending else "not asked")
"""


def start(folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start both; return when the training listens."""
    (folder / "training.py").write_text(TRAINING)
    env = {key: value for key, value in environment().items() if key != "SLURM_JOB_ID"}
    process = subprocess.Popen(
        [sys.executable, "-c", SNAKEMAKE],
        cwd=folder,
        env={**env, **variables},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout and process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("warning", [signal.SIGURG, signal.SIGCONT])
def test_a_warning_reaches_the_training(warning: signal.Signals, tmp_path: Path) -> None:
    process = start(tmp_path, SLURM_JOB_ID="1")
    process.send_signal(warning)
    assert process.communicate(timeout=60)[0] == "asked\n"
    assert process.returncode == 0
    assert (tmp_path / "log").read_text() == "ready\nasked\n"


def test_outside_of_slurm_nothing_is_passed_on(tmp_path: Path) -> None:
    process = start(tmp_path)
    process.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    assert process.poll() is None and (tmp_path / "log").read_text() == "ready\n"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
