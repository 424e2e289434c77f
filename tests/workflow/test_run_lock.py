"""One Snakemake per run; what a killed one left is cancelled by the next."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from codepref.errors import UserError
from codepref.workflow import run_lock
from codepref.workflow.run_lock import lock_run

HOLDER = """
import sys, time
from pathlib import Path
from codepref.workflow.run_lock import lock_run
lock_run(Path(sys.argv[1]), "codepref_first")
print("held", flush=True)
time.sleep(60)
"""

# Lists one job until it is cancelled, as squeue would.
SQUEUE = '#!/bin/sh\n[ -e "$(dirname "$0")/cancelled" ] || echo 17\n'
SCANCEL = '#!/bin/sh\necho "$@" >"$(dirname "$0")/cancelled"\n'


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    """A process that holds the run ``tmp_path/run``."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path / "run"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path with a queue of one job."""
    for name, text in (("squeue", SQUEUE), ("scancel", SCANCEL)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_a_second_one_is_refused_as_long_as_the_first_lives(
    tmp_path: Path, holder: subprocess.Popen[str], slurm: Path
) -> None:
    with pytest.raises(UserError, match=f"another Snakemake is at work .*process {holder.pid} "):
        lock_run(tmp_path / "run")
    holder.kill()
    holder.wait()
    lock_run(tmp_path / "run", "codepref_second")
    assert (tmp_path / "run" / run_lock.NAME).read_text().splitlines()[1] == "codepref_second"


def test_jobs_of_a_killed_one_are_cancelled_by_their_name(
    tmp_path: Path,
    holder: subprocess.Popen[str],
    slurm: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    holder.kill()
    holder.wait()
    began = time.monotonic()
    lock_run(tmp_path / "run")
    assert (slurm / "cancelled").read_text() == "--name=codepref_first\n"
    assert "cancelling jobs of a Snakemake that was killed: 17" in capsys.readouterr().out
    assert time.monotonic() - began < 10


def test_results_of_an_older_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "run" / "pairs").mkdir(parents=True)
    (tmp_path / "run" / "pairs" / "m.jsonl.prov.json").touch()
    with pytest.raises(UserError, match="made by an older version of this project"):
        lock_run(tmp_path / "run")
    assert not (tmp_path / "run" / run_lock.NAME).exists()


def test_another_run_is_not_held(tmp_path: Path, holder: subprocess.Popen[str]) -> None:
    lock_run(tmp_path / "other")
    holder.kill()
    holder.wait()
