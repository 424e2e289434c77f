"""Temporary folders of killed processes are removed by the next one; those of others stay."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from codepref.errors import UserError
from codepref.temporary import TemporaryFolder

OWNER = """
import sys
from codepref.temporary import TemporaryFolder
with TemporaryFolder("trial-") as folder:
    print(folder.path, flush=True)
    sys.stdin.read()
"""


def owner(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    """Start a process that owns a folder in ``temporary`` until its standard input ends."""
    environment = {**os.environ, "TMPDIR": str(temporary)}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    killed, left = owner(tmp_path)
    alive, kept = owner(tmp_path)
    deep = os.open(left, os.O_RDONLY)
    for _ in range(2000):  # deeper than a path may be long
        os.mkdir("nested", dir_fd=deep)
        inner = os.open("nested", os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    elsewhere = tmp_path / "trial-0123456789abcdef0123456789abcdef-x"  # another machine's
    elsewhere.mkdir()
    (tmp_path / "trial-notes").mkdir()
    killed.kill()
    killed.communicate()
    assert left.exists()
    next_one, new = owner(tmp_path)
    assert not left.exists()
    assert all(folder.exists() for folder in (kept, new, elsewhere))
    for process in (alive, next_one):
        process.communicate("")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [elsewhere.name, "trial-notes"]
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_folders_of_other_users_are_left_alone(tmp_path: Path) -> None:
    killed, left = owner(tmp_path)
    killed.kill()
    killed.communicate()
    os.chown(left, 65534, 65534)
    process, _ = owner(tmp_path)
    process.communicate("")
    assert left.exists()


def test_without_room_there_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with pytest.raises(UserError, match=r"no folder can be made for temporary files.*TMPDIR"):
        TemporaryFolder("trial-")
