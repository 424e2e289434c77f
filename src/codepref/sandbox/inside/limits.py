"""Limits of the executor's programs, beside those of memory, files and system calls.

None is what the user's shell happened to have. Used on both sides: the parent sets the stack's
size, which counts when a program is started, and records with each verdict what it ran in.
"""

import ctypes
import platform
import resource
import threading
from typing import Any

STACK_BYTES = 256 << 20  # the deepest recursion of C code under the limits below takes 210 MiB
RECURSION = {"stdio": 1000, "call": 550_000}  # Python's own limit, LeetCode's
_THREAD_STACK_BYTES = 8 << 20  # unless a program chooses it (threading.stack_size)
_ARENA_MAX = -8  # of glibc's mallopt
# These never decide: the parent checks that they are above what it limits by itself.
_AS_HIGH_AS_ALLOWED = (resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_NPROC)


def runtime(interface: str, recursion: int | None) -> str:
    """Return what runs a problem's programs, for the record.

    Args:
        interface: "call" or "stdio".
        recursion: the problem's own limit; None: the interface's.
    """
    version = f"{platform.python_implementation()} {platform.python_version()}"
    levels = recursion or RECURSION[interface]
    return f"{version}, stack {STACK_BYTES >> 20} MiB, recursion limit {levels}"


def set_all() -> None:
    """Set the limits that programs inherit.

    Raises:
        ValueError: the stack is to be larger than the hard limit of this process.
    """
    for kind in _AS_HIGH_AS_ALLOWED:
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (hard, hard))
    for kind in (resource.RLIMIT_NICE, resource.RLIMIT_RTPRIO):
        resource.setrlimit(kind, (0, 0))
    resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES))
    library = ctypes.PyDLL(None)
    # Else each thread takes 64 MiB of address space for memory that other threads do not wait for.
    library.mallopt(_ARENA_MAX, 1)
    # By default the stack of a thread is as large as the main thread's may become.
    attributes = ctypes.create_string_buffer(64)  # pthread_attr_t has 56 bytes, 64 on AArch64
    library.pthread_attr_init(attributes)
    library.pthread_attr_setstacksize(attributes, ctypes.c_size_t(_THREAD_STACK_BYTES))
    library.pthread_setattr_default_np(attributes)


def make_room_for_stacks() -> None:
    """Let ``threading.stack_size`` widen the address space: a stack's size is not memory in use.

    Programs that recurse deeply ask for hundreds of MiB and touch a few. There is room for two
    such stacks, since that of a thread that has been joined may still be there for a moment. How
    much memory a program used in fact is judged by the parent.
    """
    original = threading.stack_size

    def stack_size(size: int = 0, /) -> Any:
        before = original(size)
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if size > _THREAD_STACK_BYTES and soft != hard:
            resource.setrlimit(resource.RLIMIT_AS, (min(soft + 2 * size, hard), hard))
        return before

    threading.stack_size = stack_size
