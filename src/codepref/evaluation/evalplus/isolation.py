"""The sandbox around a whole grading process.

EvalPlus runs solutions in processes forked from its own, guarded only by patches of Python's
standard library. So the whole of it runs inside a sandbox like the executor's: an allow-list of
read-only folders, no network, private /tmp, nothing of the user's environment or home.
"""

import sys
from pathlib import Path

import codepref
from codepref.sandbox.isolation import ENVIRONMENT, Isolation, link_or_folder, readable

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin")
_TMP_BYTES = 1 << 30
_SHM_BYTES = 64 << 20


def sandboxed(
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
    source = Path(codepref.__file__).resolve().parent.parent
    path = {"PYTHONPATH": str(source)}
    # -P: the working directory is no place for modules, since a solution can write there.
    python = [sys.executable, "-s", "-P", "-m", module, argument]
    if isolation.program is None:
        settings = [f"{name}={value}" for name, value in {**ENVIRONMENT, **path}.items()]
        return ["/usr/bin/env", "-i", *settings, *python]
    mounts = [option for folder in _SYSTEM for option in link_or_folder(Path(folder))]
    mounts += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for shown in dict.fromkeys([Path(sys.base_prefix), Path(sys.prefix), source, *read]):
        mounts += readable(shown)
    for folder in write:
        mounts += ["--bind", str(folder), str(folder)]
    return isolation.bubblewrap(mounts, _TMP_BYTES, python, path, _SHM_BYTES)
