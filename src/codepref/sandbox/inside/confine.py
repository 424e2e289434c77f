"""Limits and system-call filters: what keeps a candidate process from everything but computing.

The namespaces around it (bubblewrap) keep it away from the machine; this keeps it away from the
zygote beside it and makes "one program" mean one process: no forks, so that CPU time and memory of
the process are those of the program, and nothing can outlive it.

Two filters, because installing one costs time: the long one is installed once, in the zygote, and
inherited; the short one, which also takes away what the zygote needs, by each candidate.
"""

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Mapping

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_LOAD, _JUMP_EQUAL, _JUMP_BITS, _JUMP_GREATER, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x10000

# Refused to the zygote as well: memory of other processes, new namespaces, network sockets, memory
# that address-space limits do not see, and kernel features no solution needs.
_NEVER = {
    # name: (x86-64, AArch64)
    "execve": (59, 221),
    "execveat": (322, 281),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "unshare": (272, 97),
    "setns": (308, 268),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "socket": (41, 198),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "personality": (135, 92),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "ioprio_set": (251, 30),
}
# Refused to candidates: processes of their own, signals to anyone, and mounts (the zygote makes
# new ones for them).
_NOT_FOR_CANDIDATES = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "fork": (57, None),
    "vfork": (58, None),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
}
_CLONE, _CLONE3, _PRLIMIT = (56, 220), (435, 435), (302, 261)
_FCNTL, _IOCTL = (72, 25), (16, 29)
# F_SETOWN, F_SETSIG, F_SETOWN_EX, FIOSETOWN, SIOCSPGRP: the owner of a descriptor gets signals,
# whoever that is. F_SETPIPE_SZ: a user's programs share what the pipes of all may hold.
_REFUSED_COMMANDS = (8, 10, 15, 0x8901, 0x8902, 1031)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_libc = ctypes.CDLL(None, use_errno=True)
# capset's arguments: version 3, this process; no bit set.
_NO_RIGHTS = ctypes.create_string_buffer(struct.pack("=Ii24x", 0x20080522, 0))
_NO_RIGHTS_ADDRESS = ctypes.addressof(_NO_RIGHTS)
_capset_function = _libc.capset
_capset_function.argtypes = [ctypes.c_ulong] * 2
_prctl_function = _libc.prctl
_prctl_function.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


class _Filter:
    """A seccomp filter (classic BPF), laid out in memory ready to be installed.

    Raises:
        OSError: this processor architecture has no table of system-call numbers here.
    """

    def __init__(self, refused: Mapping[str, tuple[int, int | None]], candidate: bool) -> None:
        if platform.machine() not in _MACHINES:
            raise OSError(f"no system-call filter for {platform.machine()} processors")
        column, architecture = _MACHINES[platform.machine()]
        numbers = [number for pair in refused.values() if (number := pair[column]) is not None]
        # One comparison each, all jumping to the same refusal at the end.
        rest = self._arguments(column, candidate)
        count = len(numbers)
        code = [
            self._step(_LOAD, _ARCHITECTURE),
            self._step(_JUMP_EQUAL, architecture, 1, 0),
            self._step(_RETURN, _KILL),
            self._step(_LOAD, _NUMBER),
            self._step(_JUMP_GREATER, 0x40000000, count + len(rest) + 1, 0),  # the x32 calls
            *(
                self._step(_JUMP_EQUAL, number, count - index + len(rest), 0)
                for index, number in enumerate(numbers)
            ),
            *rest,
            self._step(_RETURN, _ALLOW),
            self._step(_RETURN, _ERRNO | _EPERM),
        ]
        self.code = ctypes.create_string_buffer(b"".join(code))
        header = struct.pack("@HP", len(code), ctypes.addressof(self.code))
        self.header = ctypes.create_string_buffer(header)
        self.address = ctypes.addressof(self.header)

    @staticmethod
    def _step(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, constant)

    def _arguments(self, column: int, candidate: bool) -> list[bytes]:
        """Return the instructions for calls that depend on an argument."""
        step = self._step
        if candidate:
            return [
                # glibc falls back from clone3 to clone, whose flags a filter can see.
                step(_JUMP_EQUAL, _CLONE3[column], 0, 1),
                step(_RETURN, _ERRNO | _ENOSYS),
                step(_JUMP_EQUAL, _CLONE[column], 0, 3),
                step(_LOAD, _ARGUMENTS),
                step(_JUMP_BITS, _CLONE_THREAD, 1, 0),
                step(_RETURN, _ERRNO | _EPERM),
                step(_LOAD, _NUMBER),
                step(_JUMP_EQUAL, _FCNTL[column], 1, 0),
                step(_JUMP_EQUAL, _IOCTL[column], 0, 1 + len(_REFUSED_COMMANDS)),
                step(_LOAD, _ARGUMENTS + 8),
                *(
                    step(_JUMP_EQUAL, command, len(_REFUSED_COMMANDS) - index, 0)
                    for index, command in enumerate(_REFUSED_COMMANDS)
                ),
            ]
        return [  # limits of the own process only
            step(_JUMP_EQUAL, _PRLIMIT[column], 0, 3),
            step(_LOAD, _ARGUMENTS),
            step(_JUMP_EQUAL, 0, 1, 0),
            step(_RETURN, _ERRNO | _EPERM),
        ]

    def install(self) -> None:
        _prctl(_PR_SET_SECCOMP, 2, self.address)


def _prctl(option: int, first: int, second: int = 0) -> None:
    if _prctl_function(option, first, second, 0, 0):
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")


_ZYGOTE_FILTER = _Filter(_NEVER, candidate=False)
_CANDIDATE_FILTER = _Filter(_NOT_FOR_CANDIDATES, candidate=True)


def hide_from_others() -> None:
    """Keep this process's memory and open files from being reached through /proc, or traced."""
    _prctl(_PR_SET_DUMPABLE, 0)


def confine_zygote(file_bytes: int) -> None:
    """Limit what candidates will inherit: the long filter, file sizes, open files and dumps.

    Args:
        file_bytes: the largest file, and so the most that a program can print.

    Raises:
        OSError: the kernel has no seccomp: nothing must run here.
    """
    hide_from_others()
    for kind, limit in (
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _ZYGOTE_FILTER.install()


def confine_candidate(memory_bytes: int, stack_bytes: int = 0) -> None:
    """Limit memory, drop all rights and install the short filter; there is no way back.

    Args:
        memory_bytes: the size of the address space.
        stack_bytes: by how much the program may raise that (see ``limits``).
    """
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes + stack_bytes))
    except ValueError:
        text = f"'ulimit -v' of this shell or job is below the program's {memory_bytes >> 20} MiB"
        raise OSError(12, text) from None
    if _capset_function(_NO_RIGHTS_ADDRESS, _NO_RIGHTS_ADDRESS + 8):
        raise OSError(ctypes.get_errno(), "a process cannot drop its rights")
    _prctl(_PR_SET_DUMPABLE, 1)  # its own /proc/self (that is: /dev/stdin) is readable again
    _CANDIDATE_FILTER.install()
