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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("CODEPREF_CLUSTER_CACHE", "/var/cache/codepref-cluster"))
APPTAINER = CACHE / "apptainer"
STATE = CACHE / "state"  # of the running cluster
PROJECT = CACHE / "project"  # where the image is built and stays
SHOWN = ["Snakefile", "config.yaml", "configs", "rules", "scripts", "paper", "report", "src"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = why_not()
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.cluster)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


def why_not() -> str | None:
    """Why the cluster tests cannot run here, or None."""
    if os.environ.get("CODEPREF_CLUSTER_TESTS") != "1":
        return "installs packages and starts a SLURM cluster: only by 'make test-cluster'"
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return "needs root on Debian"
    return None


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
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def jobs(self, here: Login) -> list[dict[str, str]]:
        """What accounting knows of the jobs submitted from a folder."""
        fields = "comment,account,partition,state,reqmem,timelimitraw,reqtres,workdir"
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


@pytest.fixture(scope="session")
def image() -> Path:
    """The CPU image, built from the project's definition if none of the same recipe is kept."""
    subprocess.run([HERE / "install.sh", APPTAINER], check=True)
    envs = PROJECT / "envs"
    envs.mkdir(parents=True, exist_ok=True)
    for path in (ROOT / "envs").iterdir():
        if path.name not in ("images", "images.lock"):
            (envs / path.name).unlink(missing_ok=True)
            (envs / path.name).symlink_to(path)
    # Debian's packages come from where this machine gets its own.
    asked = subprocess.run([HERE / "mirror.sh"], stdout=subprocess.PIPE, text=True, check=True)
    build = [sys.executable, ROOT / "scripts/build_images.py", "cpu", "--verify"]
    build += ["--build-arg", f"MIRROR={asked.stdout.strip()}"]
    subprocess.run(build, cwd=PROJECT, env=environment(), check=True)
    for name in ("sampling", "training"):  # what GPU jobs run in, here without CUDA
        link = envs / f"images/{name}.sif"
        link.unlink(missing_ok=True)
        link.symlink_to("cpu.sif")
    return envs / "images/cpu.sif"


@pytest.fixture(scope="session")
def cluster(image: Path) -> Iterator[Cluster]:
    """The cluster, up; what an earlier run left is stopped first."""
    try:
        subprocess.run([HERE / "stop.sh", STATE], timeout=120, check=True)
        subprocess.run(["rm", "-rf", STATE], check=True)
        # A file, not a pipe: the daemons keep it open.
        with (CACHE / "start.log").open("w") as log:
            subprocess.run([HERE / "start.sh", STATE], stdout=log, check=True, timeout=300)
        yield Cluster()
    finally:
        subprocess.run([HERE / "stop.sh", STATE], timeout=120)


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
