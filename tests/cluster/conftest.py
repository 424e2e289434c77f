"""A real SLURM of one node with real Apptainer, started for the tests and stopped by process id.

Only on request (CODEPREF_CLUSTER_TESTS=1), as root on Debian: it installs packages. What takes long
is kept between runs in CODEPREF_CLUSTER_CACHE (/var/cache/codepref-cluster).
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("CODEPREF_CLUSTER_CACHE", "/var/cache/codepref-cluster"))
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
        return "starts a SLURM cluster here: only with CODEPREF_CLUSTER_TESTS=1"
    if os.geteuid() != 0 or not Path("/etc/debian_version").exists():
        return "needs root on Debian"
    return None


@dataclass
class Cluster:
    """A running cluster and a folder in which `snakemake --profile slurm` works."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str | Path, timeout: int = 600) -> subprocess.CompletedProcess[str]:
        """Run a command on the login node."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=timeout,
        )

    def snakemake(self, *targets: str, timeout: int = 600) -> subprocess.CompletedProcess[str]:
        """Run the literal command with the smallest configuration."""
        configs = ["configs/test.yaml", "tests/cluster/smallest.yaml"]
        command = ["snakemake", "--profile", "slurm", "--configfile", *configs, "--", *targets]
        return self.run(sys.executable, "-m", *command, timeout=timeout)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Everything installed, the image built, the cluster up, the profile's four lines edited."""
    apptainer = CACHE / "apptainer"
    subprocess.run([HERE / "install.sh", apptainer], check=True)
    environment = {key: value for key, value in os.environ.items() if "SNAKEMAKE" not in key}
    environment["PATH"] = f"{Path(sys.executable).parent}:{apptainer}/bin:{environment['PATH']}"
    environment["APPTAINER_USERNS"] = "1"  # a container's root may lack capabilities
    sources = Path("/etc/apt/sources.list.d/debian.sources").read_text()
    mirror = re.search(r"^URIs: (\S+)", sources, re.M)
    assert mirror

    project = CACHE / "project"  # images are kept here; the code is the checkout's
    (project / "envs").mkdir(parents=True, exist_ok=True)
    for path in [*ROOT.glob("envs/*.def"), *ROOT.glob("envs/*.lock")]:
        if path.name != "images.lock":
            (project / "envs" / path.name).write_bytes(path.read_bytes())
    build = [sys.executable, ROOT / "scripts/build_images.py", "cpu"]
    build += ["--build-arg", f"MIRROR={mirror.group(1)}"]
    subprocess.run(build, cwd=project, env=environment, check=True)

    folder = tmp_path_factory.mktemp("checkout")
    for name in SHOWN:
        (folder / name).symlink_to(ROOT / name)
    (folder / "envs").symlink_to(project / "envs")
    (folder / "tests").symlink_to(ROOT / "tests")
    edited = (ROOT / "slurm/config.yaml").read_text()
    bind = f"--bind {ROOT}{os.environ.get('CODEPREF_CLUSTER_BIND', '')}"
    for old, new in (
        ('slurm_account: "my-account"', 'slurm_account: "test"'),
        ('apptainer-args: "--nv"', f'apptainer-args: "--nv {bind}"'),
        ("status-checks: 20", "status-checks: 5"),
    ):
        assert old in edited
        edited = edited.replace(old, new)
    (folder / "slurm").mkdir()
    (folder / "slurm/config.yaml").write_text(edited)

    state = tmp_path_factory.mktemp("slurm")
    try:
        started = subprocess.run(
            [HERE / "start.sh", state], stdout=subprocess.PIPE, text=True, check=True, timeout=300
        )
        environment["SLURM_CONF"] = started.stdout.split()[-1]
        yield Cluster(folder, environment)
    finally:
        subprocess.run([HERE / "stop.sh", state], timeout=120)
