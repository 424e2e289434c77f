"""The sandbox around a whole grading process."""

import shutil
import sys
from pathlib import Path

import codepref
from codepref.errors import UserError


def isolated(module: str, argument: str, read: list[Path], write: list[Path]) -> list[str]:
    """Return the command that runs ``python -m module argument`` inside bubblewrap.

    The process sees a read-only system, an empty home, a private /tmp, no network and none of the
    user's environment; ``read`` and ``write`` are the only other folders or files it sees.
    """
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        raise UserError("no bubblewrap (bwrap) on this machine: grading needs it")
    source = Path(codepref.__file__).resolve().parent.parent
    command = [bwrap, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    for home in {str(Path.home()), "/home", "/root"}:
        if Path(home).is_dir():
            command += ["--tmpfs", home]
    for path in dict.fromkeys([Path(sys.prefix), Path(sys.base_prefix), source, *read]):
        command += ["--ro-bind", str(path), str(path)]
    for path in write:
        command += ["--bind", str(path), str(path)]
    environment = {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": str(source),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    for name, value in environment.items():
        command += ["--setenv", name, value]
    return [*command, "--chdir", "/tmp", sys.executable, "-m", module, argument]
