"""A real SLURM of one node with real Apptainer, started for the tests and stopped by process id.

Only on request (make test-cluster), as root on Debian: it installs packages. What takes long is
kept between runs in CODEPREF_CLUSTER_CACHE (/var/cache/codepref-cluster).
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from helpers.places import ROOT, TESTS

HERE = TESTS / "cluster"
CACHE = Path(os.environ.get("CODEPREF_CLUSTER_CACHE", "/var/cache/codepref-cluster"))
APPTAINER = CACHE / "apptainer"
STATE = CACHE / "state"  # of the running cluster
PROJECT = CACHE / "project"  # where the image is built and stays
SHOWN = ["Snakefile", "config.yaml", "configs", "rules", "scripts", "paper", "report", "src"]


@dataclass
class Login:
    """A folder on the login node in which ``snakemake --profile slurm`` works."""

    folder: Path
    configs: list[str]

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a command; its output goes to a file beside the folder."""
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._output.open("w"),
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str | Path, timeout: int = 600) -> tuple[int, str]:
        """Run a command; return its exit code and what it printed."""
        process = self.start(*command)
        try:
            process.wait(timeout)
        finally:
            stop(process)
        return process.returncode, self.printed()

    def printed(self) -> str:
        """What the last command has printed so far."""
        return self._output.read_text(errors="replace")

    @property
    def _output(self) -> Path:
        return self.folder.with_suffix(".txt")

    def literal_command(self, *more: str) -> list[str]:
        """``snakemake --profile slurm`` with this folder's configuration."""
        return ["snakemake", "--profile", "slurm", "--configfile", *self.configs, *more]


class Cluster:
    """The running cluster."""

    def command(self, *command: str | Path) -> str:
        """Run one of SLURM's commands; return what it prints."""
        done = subprocess.run(
            [str(part) for part in command],
            env=environment(),
            text=True,
            capture_output=True,
            timeout=120,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"{command}: {printed}"
        return done.stdout

    def jobs(self, here: Login) -> list[dict[str, str]]:
        """What accounting knows of the jobs submitted from a folder."""
        fields = "jobid,comment,account,partition,state,reqmem,timelimitraw,reqtres,workdir"
        listed = self.command("sacct", "-X", "-n", "-P", "-D", "-o", fields)
        rows = [line.split("|") for line in listed.splitlines()]
        jobs = [dict(zip(fields.split(","), row, strict=True)) for row in rows]
        return [job for job in jobs if job["workdir"] == str(here.folder)]

    def job_of(self, *words: str) -> str | None:
        """The id of the job that runs a command line with all these words, if there is one."""
        for file in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it has ended
            if command.startswith("python ") and all(word in command for word in words):
                asked = ["scontrol", "pidinfo", file.parent.name]
                said = subprocess.run(asked, env=environment(), text=True, capture_output=True)
                if found := re.search(r"JobId=(\d+)", said.stdout):
                    return found.group(1)
        return None

    def training(self) -> str | None:
        """The id of the job that trains with DPO, if there is one."""
        return self.job_of("train_policy.py dpo")

    def preempt_all(self) -> None:
        """Submit a job of a moment that needs the whole node and takes it from all others."""
        cores = f"--cpus-per-task={os.cpu_count()}"
        urgent = ["--account=test", "--partition=urgent", cores, "--mem=100", "--wrap=true"]
        self.command("sbatch", "--output=/dev/null", *urgent)

    def restart_controller(self) -> None:
        """Stop slurmctld, leave the cluster without it for a moment, start it again."""
        process = int((STATE / "run/slurmctld.pid").read_text())
        os.kill(process, signal.SIGTERM)
        wait_for(lambda: not Path(f"/proc/{process}/cmdline").exists(), 60, "slurmctld to end")
        time.sleep(3)
        subprocess.run(["slurmctld"], env=environment(), check=True, timeout=60)
        ping = ["scontrol", "ping"]
        wait_for(
            lambda: subprocess.run(ping, env=environment(), capture_output=True).returncode == 0,
            60,
            "slurmctld",
        )


def wait_for(ready: Callable[[], object], seconds: float, what: str) -> None:
    """Wait until ``ready()`` is true.

    Raises:
        AssertionError: it was not within so many seconds.
    """
    until = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < until, f"waited {seconds} s in vain for {what}"
        time.sleep(0.5)


def stop(process: subprocess.Popen[str]) -> None:
    """End a process that is still there."""
    if process.poll() is None:
        process.kill()
        process.wait()


def environment() -> dict[str, str]:
    """Environment variables of the login node."""
    kept = {key: value for key, value in os.environ.items() if "SNAKEMAKE" not in key}
    kept["PATH"] = f"{Path(sys.executable).parent}:{APPTAINER}/bin:{os.environ['PATH']}"
    kept["APPTAINER_USERNS"] = "1"  # a container's root may lack capabilities
    kept["SLURM_CONF"] = str(STATE / "etc/slurm.conf")
    return kept


def login(folder: Path, configs: list[str]) -> Login:
    """Make a checkout in ``folder`` whose profile has its four lines edited for this cluster."""
    for name in [*SHOWN, "tests"]:
        (folder / name).symlink_to(ROOT / name)
    (folder / "envs").symlink_to(PROJECT / "envs")
    edited = (ROOT / "slurm/config.yaml").read_text()
    for old, new in (
        ('slurm_account: "my-account"', 'slurm_account: "test"'),
        ('apptainer-args: "--nv"', f'apptainer-args: "--nv --bind {ROOT} --bind {PROJECT}"'),
        ("status-checks: 20", "status-checks: 5"),
    ):
        assert old in edited
        edited = edited.replace(old, new)
    (folder / "slurm").mkdir()
    (folder / "slurm/config.yaml").write_text(edited)
    return Login(folder, configs)
