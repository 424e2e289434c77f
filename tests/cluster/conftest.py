"""Runs the cluster tests only on request, and starts what they need."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.cluster import APPTAINER, CACHE, HERE, PROJECT, STATE, Cluster, environment
from helpers.places import ROOT


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
