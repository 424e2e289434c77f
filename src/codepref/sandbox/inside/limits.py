"""The limits that programs run under beside memory. None is what the user's shell happened to have.

Used on both sides: the parent sets the stack's size, which counts when a program is started, and
records with each verdict what programs ran in.
"""

import ctypes
import resource

STACK_BYTES = 512 << 20  # the deepest recursion of C code that the limits below allow takes 300 MiB
SCRIPT_RECURSION = 1000  # Python's own limit
CALL_RECURSION = 550_000  # LeetCode's
OPEN_FILES = 64
_THREAD_STACK_BYTES = 8 << 20  # unless a program chooses it (threading.stack_size)
_NONE = (
    resource.RLIMIT_CORE,
    resource.RLIMIT_MEMLOCK,
    resource.RLIMIT_MSGQUEUE,
    resource.RLIMIT_NICE,
    resource.RLIMIT_RTPRIO,
)
# These never decide: the parent checks that they are above what it limits by itself.
_AS_HIGH_AS_ALLOWED = (resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_NPROC)


def set_all(file_bytes: int) -> None:
    """Set this process's limits for programs to inherit; the memory limit is each program's own.

    Args:
        file_bytes: the largest file, and so the most that a program can print.

    Raises:
        ValueError: one is above the hard limit that this process has.
    """
    for kind in _AS_HIGH_AS_ALLOWED:
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (hard, hard))
    for kind in _NONE:
        resource.setrlimit(kind, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES))
    _set_thread_stack()


def _set_thread_stack() -> None:
    """Set the stack of threads, which by default is as large as the main thread's may become."""
    library = ctypes.PyDLL(None)
    attributes = ctypes.create_string_buffer(64)  # pthread_attr_t has 56 bytes, 64 on AArch64
    library.pthread_attr_init(attributes)
    library.pthread_attr_setstacksize(attributes, ctypes.c_size_t(_THREAD_STACK_BYTES))
    library.pthread_setattr_default_np(attributes)
