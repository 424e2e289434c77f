"""The sandbox around a whole grading process.

EvalPlus runs solutions in processes forked from its own, guarded only by patches of Python's
standard library. So the whole of it runs inside a sandbox like the executor's: an allow-list of
read-only folders, no network, private /tmp, nothing of the user's environment or home.
"""

import sys
from pathlib import Path

import codepref
from codepref.sandbox.isolation import Isolation, environment

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin")
_TMP_BYTES = 1 << 30
_SHM_BYTES = 64 << 20


def isolated(
    isolation: Isolation, module: str, argument: str, read: list[Path], write: list[Path]
) -> list[str]:
    """Return the command that runs ``python -m module argument`` in the sandbox.

    Args:
        isolation: what works on this machine (``codepref.sandbox.find_isolation``).
        module: the program, a module of this package.
        argument: its only argument.
        read: files and folders that it may read, besides Python and the system's libraries.
        write: folders that it may write to.
    """
    variables = {**environment(), "PYTHONPATH": str(_source())}
    # -P: the working directory is no place for modules, since a solution can write there.
    python = [sys.executable, "-s", "-P", "-m", module, argument]
    if isolation.program is None:
        settings = [f"{name}={value}" for name, value in variables.items()]
        return ["/usr/bin/env", "-i", *settings, *python]
    command = [
        isolation.program,
        *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--as-pid-1", "--die-with-parent", "--new-session", "--clearenv"),
        *("--uid", "65534", "--gid", "65534", "--hostname", "sandbox", "--cap-drop", "ALL"),
    ]
    for name, value in variables.items():
        command += ["--setenv", name, value]
    # /tmp first: what may be read can lie below it.
    command += ["--perms", "1777", "--size", str(_TMP_BYTES), "--tmpfs", "/tmp"]
    for path in map(Path, _SYSTEM):
        if path.is_symlink():
            command += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            command += ["--ro-bind", str(path), str(path)]
    command += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--dev", "/dev"]
    command += ["--size", str(_SHM_BYTES), "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    if isolation.proc:
        command += ["--proc", "/proc"]
    for path in dict.fromkeys([Path(sys.base_prefix), Path(sys.prefix), _source(), *read]):
        command += ["--ro-bind", str(path), str(path)]
    for path in write:
        command += ["--bind", str(path), str(path)]
    return [*command, "--chdir", "/tmp", "--remount-ro", "/", "--", *python]


def _source() -> Path:
    return Path(codepref.__file__).resolve().parent.parent
