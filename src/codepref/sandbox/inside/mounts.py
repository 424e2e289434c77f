"""What a program can write to, and how the next one gets it fresh.

Cleaning up by names is never complete: a program can also change the mode, the times and the
attributes of /tmp itself, nest folders deeper than a path is long, or keep a file that has no name.
So nothing is cleaned. Whatever was touched is discarded whole: the folders are file systems in
memory, and new ones are mounted in their place.

That takes the right to mount (CAP_SYS_ADMIN inside the sandbox's own user namespace), which the
zygote keeps and each candidate drops, and which the system-call filter makes useless to it. Where
the machine does not grant it, a sandbox whose folders were touched is replaced by a new sandbox.
"""

import contextlib
import ctypes
import os
import shutil
import stat
import time
from collections.abc import Iterable, Sequence

WRITABLE = ("/tmp", "/dev/shm")
MAX_FILES = 16384  # in each: a bound on the kernel's memory for empty files
_CLONE_NEWNS, _DETACH = 0x20000, 2
_READ_ONLY, _NOSUID, _NODEV, _REMOUNT, _NOATIME, _BIND = 1, 2, 4, 32, 1024, 4096
_KEPT_FLAGS = _READ_ONLY | _NOSUID | _NODEV | 8  # 8: noexec; the same bits in statvfs and mount
_COARSE_CLOCK = 5  # CLOCK_REALTIME_COARSE: what a file system takes its times from

_libc = ctypes.CDLL(None, use_errno=True)
_libc.mount.argtypes = [
    *(ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
]


class FileSystems:
    """Folders that programs write to, each a file system of its own.

    Args:
        folders: where they are; the first is the working directory.
        mounting: whether new ones can be mounted in their place (see ``own_mounts``).
    """

    def __init__(self, folders: Sequence[str], mounting: bool) -> None:
        self._folders, self._mounting = folders, mounting
        self._sizes = {folder: _bytes_of(folder) for folder in folders}
        self._begin()

    def renew(self) -> bool:
        """Make touched folders fresh; False if that cannot be done: a new sandbox is needed."""
        if self._state() == self._untouched:
            return True
        if not self._mounting:
            return False
        os.chdir("/")
        if any(_libc.umount2(folder.encode(), _DETACH) for folder in self._folders):
            return False
        self._begin()
        return True

    def _begin(self) -> None:
        if self._mounting:
            for folder in self._folders:
                self._mount(folder)
        os.chdir(self._folders[0])
        self._untouched = self._state()
        _next_tick(changed for changed, _, _ in self._untouched)

    def _state(self) -> list[tuple[int, int, int]]:
        """Return what a program cannot change and change back.

        Every change of a folder's entries, mode, owner, times or attributes sets the time of its
        last change, which nothing else can set. What no name leads to takes space.
        """
        found = []
        for folder in self._folders:
            space = os.statvfs(folder)
            changed = os.stat(folder).st_ctime_ns  # noqa: PTH116
            found.append((changed, space.f_bfree, space.f_ffree))
        return found

    def _mount(self, folder: str) -> None:
        options = f"size={self._sizes[folder]},nr_inodes={MAX_FILES},mode=1777"
        flags = _NOSUID | _NODEV | _NOATIME  # reading leaves no trace
        if _libc.mount(b"tmpfs", folder.encode(), b"tmpfs", flags, options.encode()):
            error = ctypes.get_errno()
            raise OSError(error, f"no new {folder}: {os.strerror(error)}")


class OrdinaryFolder:
    """The working directory of programs without a sandbox around them (weaker isolation).

    What they leave elsewhere on the machine stays there.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._begin()

    def renew(self) -> bool:
        """Replace the folder if it was touched; False if that cannot be done."""
        with contextlib.suppress(FileNotFoundError):
            if os.stat(self._folder).st_ctime_ns == self._untouched:  # noqa: PTH116
                return True
        os.chdir("/")
        shutil.rmtree(self._folder, ignore_errors=True)
        try:
            os.mkdir(self._folder, 0o700)  # noqa: PTH102
        except OSError:
            return False
        self._begin()
        return True

    def _begin(self) -> None:
        os.chdir(self._folder)
        self._untouched = os.stat(self._folder).st_ctime_ns  # noqa: PTH116
        _next_tick([self._untouched])


def _next_tick(changes: Iterable[int]) -> None:
    """Wait until changes from now on have later times than these (file systems' clocks tick)."""
    latest = max(changes)
    while time.clock_gettime_ns(_COARSE_CLOCK) <= latest < time.time_ns():
        time.sleep(0.001)


def own_mounts() -> bool:
    """Give this process a mount namespace of its own, with read-only devices.

    Device files are the machine's own. A program of root's could change their modes for everybody.

    Returns:
        Whether this process may mount file systems.

    Raises:
        PermissionError: it may not, and the machine's device files can be changed from here.
    """
    mounting = not _libc.unshare(_CLONE_NEWNS)
    for name in os.listdir("/dev"):  # noqa: PTH208
        path = f"/dev/{name}"
        if path in WRITABLE or os.path.islink(path):  # noqa: PTH114
            continue
        if mounting:
            flags = os.statvfs(path).f_flag & _KEPT_FLAGS | _READ_ONLY | _REMOUNT | _BIND
            _libc.mount(None, path.encode(), None, flags, None)  # no mount: read-only like /dev
        if _changeable(path):
            raise PermissionError(1, f"programs could change the machine's {path}")
    return mounting


def _changeable(path: str) -> bool:
    mode = os.stat(path).st_mode  # noqa: PTH116
    if not stat.S_ISCHR(mode):
        return False
    try:
        os.chmod(path, stat.S_IMODE(mode))  # noqa: PTH101
    except OSError:
        return False
    return True


def _bytes_of(folder: str) -> int:
    space = os.statvfs(folder)
    return space.f_blocks * space.f_frsize
