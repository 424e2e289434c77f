"""Untrusted programs in the very stack of a run: bubblewrap in Apptainer in SLURM."""

import re
from pathlib import Path

from helpers.cluster import Cluster, environment
from helpers.places import ROOT

JOB = ["srun", "--account=test", "--partition=cpu", "--mem=4000", "--cpus-per-task=2", "--time=10"]


def inside(image: Path, command: str) -> list[str]:
    """A command line in the container, as Snakemake starts it."""
    start = ["apptainer", "exec", "--home", str(ROOT), "--bind", str(ROOT), str(image)]
    return [*start, "bash", "-c", command]


def test_hostile_programs_do_no_harm(cluster: Cluster, image: Path) -> None:
    assert "APPTAINER_USERNS" in environment()
    corpus = "cd tests && python -m helpers.run_corpus escape forging --workers 2"
    printed = cluster.command(*JOB, *inside(image, corpus))
    counted = re.search(r"^(\d+) programs, 0 wrong verdicts$", printed, re.M)
    assert counted, printed
    assert int(counted.group(1)) >= 50


def test_without_user_namespaces_nothing_is_executed(
    cluster: Cluster, image: Path, tmp_path: Path
) -> None:
    """A site that allows the container's namespace and forbids the sandbox's."""
    (tmp_path / "problems.jsonl").write_text(
        '{"id": "a/b", "source": "a", "licence": "MIT", "title": "t", "statement": "s", '
        '"interface": "stdio", "tests": [{"input": "", "expected": ""}]}\n'
    )
    (tmp_path / "samples.jsonl").write_text(
        '{"problem_id": "a/b", "index": 0, "model": "m", "prompt_sha256": "", "completion": "", '
        '"finish_reason": "stop", "tokens": 0, "seed": 0, "engine": "e", "model_revision": "r"}\n'
    )
    execute = (
        f"python scripts/run_executions.py --problems {tmp_path}/problems.jsonl "
        f"--samples {tmp_path}/samples.jsonl --output {tmp_path}/executions.jsonl 2>&1; "
        'echo "exit code $?"'
    )
    allow_one = "echo 1 >/proc/sys/user/max_user_namespaces && exec "
    limited = ["unshare", "--user", "--map-root-user", "sh", "-c", allow_one + '"$@"', "sh"]
    printed = cluster.command(*JOB, *limited, *inside(image, execute))
    assert "error: no working isolation for untrusted code" in printed, printed
    assert "user namespaces" in printed and "--weaker-isolation" in printed
    assert "exit code 2" in printed
    assert not (tmp_path / "executions.jsonl").exists()
