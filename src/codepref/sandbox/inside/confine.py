"""What a candidate process does to itself before foreign code runs: limits, a system-call filter.

The namespaces around it (bubblewrap) keep it away from the machine; this keeps it away from the
zygote beside it and makes "one program" mean one process: no forks, so that CPU time and memory of
the process are those of the program, and nothing can outlive it.
"""

import ctypes
import os
import platform
import resource
import struct

_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_LOAD, _JUMP_EQUAL, _JUMP_BITS, _JUMP_GREATER, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_CLONE_THREAD = 0x10000
_OWN_PID = 0x7E57ED1D  # beyond any real process id

# Refused outright: other processes and their memory, new namespaces and mounts, network sockets,
# memory that address-space limits do not see, and kernel features no solution needs.
_REFUSED = {
    # name: (x86-64, AArch64)
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
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
# Allowed only towards the program's own process (first argument).
_OWN_PROCESS_ONLY = {"kill": (62, 129), "tgkill": (234, 131)}
_CLONE, _CLONE3, _PRLIMIT = (56, 220), (435, 435), (302, 261)
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}

_libc = ctypes.CDLL(None, use_errno=True)


def _instruction(code: int, constant: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, constant)


def _refuse(number: int, error: int = _EPERM) -> bytes:
    """Return the instructions that answer one system call with an error."""
    return _instruction(_JUMP_EQUAL, number, 0, 1) + _instruction(_RETURN, _ERRNO | error)


def _filter_template() -> bytes:
    """Return the seccomp filter (classic BPF), a placeholder standing for the process id.

    Raises:
        OSError: this processor architecture has no table of system-call numbers here.
    """
    if platform.machine() not in _MACHINES:
        raise OSError(f"no system-call filter for {platform.machine()} processors")
    column, architecture = _MACHINES[platform.machine()]
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_JUMP_EQUAL, architecture, 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _NUMBER),
        _instruction(_JUMP_GREATER, 0x40000000, 0, 1),  # the x32 calls, and nothing else
        _instruction(_RETURN, _ERRNO | _EPERM),
    ]
    for numbers in _REFUSED.values():
        if (number := numbers[column]) is not None:
            program.append(_refuse(number))
    # glibc falls back to clone, whose flags a filter can see.
    program.append(_refuse(_CLONE3[column], _ENOSYS))
    for numbers in _OWN_PROCESS_ONLY.values():
        program += [
            _instruction(_JUMP_EQUAL, numbers[column], 0, 4),
            _instruction(_LOAD, _ARGUMENTS),
            _instruction(_JUMP_EQUAL, _OWN_PID, 1, 0),
            _instruction(_RETURN, _ERRNO | _EPERM),
            _instruction(_RETURN, _ALLOW),
        ]
    program += [
        _instruction(_JUMP_EQUAL, _PRLIMIT[column], 0, 5),
        _instruction(_LOAD, _ARGUMENTS),
        _instruction(_JUMP_EQUAL, _OWN_PID, 2, 0),
        _instruction(_JUMP_EQUAL, 0, 1, 0),
        _instruction(_RETURN, _ERRNO | _EPERM),
        _instruction(_RETURN, _ALLOW),
        _instruction(_JUMP_EQUAL, _CLONE[column], 0, 4),
        _instruction(_LOAD, _ARGUMENTS),
        _instruction(_JUMP_BITS, _CLONE_THREAD, 1, 0),
        _instruction(_RETURN, _ERRNO | _EPERM),
        _instruction(_RETURN, _ALLOW),
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(program)


_TEMPLATE = _filter_template()


def _prctl(option: int, first: int, second: int = 0) -> None:
    if _libc.prctl(
        ctypes.c_int(option),
        ctypes.c_ulong(first),
        ctypes.c_ulong(second),
        ctypes.c_ulong(0),
        ctypes.c_ulong(0),
    ):
        error = ctypes.get_errno()
        raise OSError(error, f"prctl({option}): {os.strerror(error)}")


def hide_memory() -> None:
    """Keep other processes of this user from reading or tracing this one."""
    _prctl(_PR_SET_DUMPABLE, 0)


def set_limits(memory_bytes: int, file_bytes: int) -> None:
    """Limit address space, the size of files (so the most it can print), open files and dumps."""
    for kind, limit in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (limit, limit))


def forbid_system_calls() -> None:
    """Install the filter for this process; there is no way back.

    Raises:
        OSError: the kernel refuses (no seccomp): the candidate must not run.
    """
    _prctl(_PR_SET_DUMPABLE, 1)  # its own /proc/self (that is: /dev/stdin) is readable again
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    program = _TEMPLATE.replace(struct.pack("=I", _OWN_PID), struct.pack("=I", os.getpid()))
    code = ctypes.create_string_buffer(program, len(program))
    header = ctypes.create_string_buffer(
        struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    )
    _prctl(_PR_SET_SECCOMP, 2, ctypes.addressof(header))
