"""What a machine can refuse to sandboxes: namespaces and resources; and how to mend that."""

import os
import resource
from pathlib import Path

from codepref.errors import UserError
from codepref.sandbox.inside.limits import STACK_BYTES

_PROC = Path("/proc")
_CONTAINER = (
    "this container's seccomp profile refuses namespaces or mounts: start it with "
    "'--security-opt seccomp=unconfined' (docker, podman) or with a profile that allows clone, "
    "unshare, mount, umount2 and pivot_root"
)
_MIB = 1 << 20


def cause_of_refusal(
    program: str, reason: str, proc: Path = _PROC, root: bool | None = None
) -> str:
    """Return why this machine starts no sandbox and how to mend that; empty if it is not known.

    Args:
        program: the bubblewrap executable that was tried.
        reason: what it said.
        proc: where the kernel's settings are.
        root: whether this is the administrator; None: ask the system.
    """
    root = os.geteuid() == 0 if root is None else root
    settings = proc / "sys"
    if _number(settings / "user/max_user_namespaces") == 0:
        return (
            "this machine allows no user namespaces (user.max_user_namespaces is 0): as "
            "administrator run 'sysctl -w user.max_user_namespaces=28633'"
        )
    if not root and _number(settings / "kernel/unprivileged_userns_clone") == 0:
        return (
            "this machine allows user namespaces to root only (kernel.unprivileged_userns_clone "
            "is 0): as administrator run 'sysctl -w kernel.unprivileged_userns_clone=1'"
        )
    if not root and _number(settings / "kernel/apparmor_restrict_unprivileged_userns") == 1:
        return (
            "AppArmor restricts user namespaces here, as Ubuntu does since 24.04 "
            "(kernel.apparmor_restrict_unprivileged_userns is 1): as administrator either run "
            "'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0', or write "
            f"'abi <abi/4.0>, profile codepref-bwrap {program} flags=(unconfined) {{ userns, }}' "
            "to /etc/apparmor.d/codepref-bwrap and run 'systemctl reload apparmor'"
        )
    if "Resource temporarily unavailable" in reason:
        return "no further process can be started: raise the limit ('ulimit -u') or end some"
    if "No space left on device" in reason:
        return (
            "the machine's limit on namespaces is reached (sysctl user.max_user_namespaces and "
            "user.max_mnt_namespaces): raise it or end other sandboxes"
        )
    if not (proc / "self/ns/user").exists():
        return "this kernel has no user namespaces"
    if _status(proc, "Seccomp") == "2":
        return _CONTAINER
    return ""


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _status(proc: Path, name: str) -> str:
    """Return a line of this process's status ('' if unknown)."""
    try:
        lines = (proc / "self/status").read_text().splitlines()
    except OSError:
        return ""
    return next((line.split()[1] for line in lines if line.startswith(f"{name}:")), "")


def check_limits(workers: int, memory_mb: int, file_bytes: int) -> None:
    """Check that the limits that this process has from its shell leave room for sandboxes.

    Otherwise programs would fail for want of what they are entitled to. The limit on open files is
    raised as far as needed, where that is allowed.

    Args:
        workers: sandboxes at work at once.
        memory_mb: MiB of address space of a program.
        file_bytes: the largest file of a program.

    Raises:
        UserError: one is too low: which, and what is needed.
    """
    memory = (memory_mb + 512) * _MIB  # the interpreter with numpy takes 110 MiB
    files = 128 + 24 * workers
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY or hard >= files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, files), hard))
    for kind, letter, unit, needed in (
        (resource.RLIMIT_AS, "v", 1024, memory),
        (resource.RLIMIT_DATA, "d", 1024, memory),
        (resource.RLIMIT_FSIZE, "f", 1024, file_bytes),
        (resource.RLIMIT_STACK, "s", 1024, STACK_BYTES),
        (resource.RLIMIT_NOFILE, "n", 1, files),
        (resource.RLIMIT_CPU, "t", 1, 600),
    ):
        # What a sandbox sets anew, down to the hard limit, may be lower now.
        soft, hard = resource.getrlimit(kind)
        current = hard if kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_STACK) else soft
        if current != resource.RLIM_INFINITY and current < needed:
            _refuse(letter, current // unit, -(-needed // unit))
    processes, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if os.geteuid() != 0 and processes != resource.RLIM_INFINITY:
        needed = _own_threads() + 32 * workers  # for the sandboxes, and for programs with threads
        if processes < needed:
            _refuse("u", processes, needed)


def _refuse(letter: str, current: int, needed: int) -> None:
    raise UserError(
        f"the limit 'ulimit -{letter}' of this shell or job is {current}; running programs takes "
        f"at least {needed}. Raise it before the start ('ulimit -{letter} unlimited' or "
        f"'ulimit -{letter} {needed}'); if the shell refuses, the hard limit is the "
        "administrator's (/etc/security/limits.conf, or the batch system's)"
    )


def _own_threads() -> int:
    """Return how many threads this user has."""
    count = 0
    for folder in _PROC.glob("[0-9]*"):
        try:
            if folder.stat().st_uid == os.getuid():
                count += len(os.listdir(folder / "task"))  # noqa: PTH208
        except OSError:
            continue  # it has ended
    return count
