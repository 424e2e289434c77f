"""Temporary folders that do not outlive a killed process for long: the next one removes them."""

import contextlib
import fcntl
import functools
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Self

from codepref.errors import UserError


class TemporaryFolder:
    """A folder in the folder for temporary files. Use as a context manager, or ``remove`` it.

    Its owner holds a lock on it, which the kernel takes away however the owner ends. The first
    folder that a process makes comes after a look for those whose owners have ended. The lock is
    known to this machine only, and a temporary folder can be shared by several: so the name holds
    the machine's present start, and folders of others, and of other users, are left alone.

    Args:
        prefix: what the name begins with.

    Raises:
        UserError: there is no room for it, or no right to make it.
    """

    def __init__(self, prefix: str) -> None:
        _remove_abandoned(prefix)
        self.path = Path()
        self._lock = -1
        try:
            # Under another name until it is locked, so that nobody takes it for abandoned.
            unlocked = Path(tempfile.mkdtemp(prefix=f".{prefix}"))
            self._lock = os.open(unlocked, os.O_RDONLY | os.O_DIRECTORY)
            with contextlib.suppress(OSError):  # no locks on this file system: nobody gets one
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            name = unlocked.name.removeprefix(f".{prefix}")
            self.path = unlocked.rename(unlocked.with_name(f"{prefix}{_this_start()}-{name}"))
        except OSError as error:
            raise UserError(
                f"no folder can be made for temporary files: {error}; make room, or set TMPDIR to "
                "another folder"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the folder and what is in it (idempotent)."""
        if self._lock >= 0:
            _remove(self.path)
            os.close(self._lock)
            self._lock = -1


@functools.cache
def _this_start() -> str:
    """Return a name that this machine has since its start, and no other; empty if unknown."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip().replace("-", "")
    except OSError:
        return ""


@functools.cache
def _remove_abandoned(prefix: str) -> None:
    """Remove this user's folders whose owners, on this machine, have ended (once per process)."""
    if not _this_start():
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}{_this_start()}-*"):
        with contextlib.suppress(OSError):  # somebody else's, alive, or just being removed
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if os.fstat(lock).st_uid == os.getuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(folder)
            finally:
                os.close(lock)


def _remove(folder: Path) -> None:
    # Not shutil.rmtree, which calls itself for each level: folders may be nested deeper than that.
    subprocess.run(["rm", "-rf", "--", folder], stderr=subprocess.DEVNULL, check=False)
