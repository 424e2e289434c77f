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
_BUILTIN = Path(__file__).parent.parent / "builtin"


def sandboxed(isolation: Isolation, module: str, argument: str) -> list[str]:
    """Return the command that runs ``python -m module argument`` in the sandbox.

    Of this machine it sees Python, its packages and the system's libraries; what it works on comes
    over its standard input.

    Args:
        isolation: what works on this machine (``codepref.sandbox.find_isolation``).
        module: the program, a module of this package. It must take its rights from foreign code
            (``inside.confine.confine_candidate``).
        argument: its only argument.
    """
    source = Path(codepref.__file__).resolve().parent.parent
    path = {"PYTHONPATH": str(source)}
    # -P: the working directory is no place for modules, since a solution can write there.
    python = [sys.executable, "-s", "-P", "-m", module, argument]
    if isolation.program is None:
        settings = [f"{name}={value}" for name, value in {**ENVIRONMENT, **path}.items()]
        return ["/usr/bin/env", "-i", *settings, *python]
    options = [option for folder in _SYSTEM for option in link_or_folder(Path(folder))]
    options += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for shown in dict.fromkeys([Path(sys.base_prefix), Path(sys.prefix), source]):
        options += readable(shown)
    options += ["--tmpfs", str(_BUILTIN), "--remount-ro", str(_BUILTIN)]  # reference solutions
    return isolation.bubblewrap(
        options, _TMP_BYTES, python, path, _SHM_BYTES, may_mount=isolation.mounting
    )
