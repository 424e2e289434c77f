"""Reading from the kernel how often it killed for want of memory; tests/cluster kills for real."""

from pathlib import Path

import pytest

from codepref.sandbox.memory_kills import memory_kills

ONE = "9:name=systemd:/\n4:memory:/slurm/job_1/step_0\n0::/\n"
TWO = "0::/user.slice/job_1\n"


@pytest.mark.parametrize(
    ("groups", "file", "text"),
    [
        (ONE, "memory/slurm/job_1/step_0/memory.oom_control", "under_oom 0\noom_kill 3\n"),
        (TWO, "user.slice/job_1/memory.events", "oom 5\noom_kill 3\noom_group_kill 0\n"),
        ("0::/\n", "memory.events", "oom_kill 3\n"),
    ],
)
def test_both_versions_of_control_groups(tmp_path: Path, groups: str, file: str, text: str) -> None:
    (tmp_path / "cgroup").write_text(groups)
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert memory_kills(tmp_path / "cgroup", tmp_path) == 3


def test_none_where_the_kernel_does_not_tell(tmp_path: Path) -> None:
    assert memory_kills(tmp_path / "cgroup", tmp_path) == 0
    (tmp_path / "cgroup").write_text(ONE + TWO)
    assert memory_kills(tmp_path / "cgroup", tmp_path) == 0
