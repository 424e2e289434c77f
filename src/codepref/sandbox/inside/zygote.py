"""The first process inside a sandbox: forks a confined child per candidate, cleans up after it.

It holds nothing worth stealing: a candidate's code, inputs and answers travel between the parent
and the child on a channel of their own, which this process never sees. It runs as process 1 of the
sandbox's process namespace, so no signal from inside can reach it.

A child is forked before there is work for it and waits on the request socket for one datagram with
four file descriptors (stdin, stdout, stderr, channel). On the control socket come ``kill N`` (end
the N-th child) and end of file (the parent is gone); out go one report per child, when nothing of
it is left.
"""

import contextlib
import ctypes
import gc
import importlib
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from typing import Any

# What most solutions import: loaded once here. Rarer modules are loaded by whoever wants them, for
# every module here makes every fork a little slower.
_PRELOADED = (
    *("bisect", "collections", "copy", "datetime", "functools", "heapq", "itertools", "math"),
    *("operator", "random", "re", "string", "threading", "traceback", "typing"),
)


_DESCRIPTORS = struct.Struct("4i")
_DESCRIPTORS_SPACE = socket.CMSG_SPACE(_DESCRIPTORS.size)


def main(
    folder: str, packages: str, with_numpy: bool, control: int, requests: int, files: int
) -> None:
    """Serve requests until the parent goes away.

    Args:
        folder: where this program's own modules lie.
        packages: folders of the third-party packages that candidates may import.
        with_numpy: load numpy before forking (its import takes longer than most programs).
        control, requests: the numbers of the two sockets.
        files: the largest file in bytes.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Python handles the one and ignores the other
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    sys.path[:0] = [folder, *packages.split(os.pathsep)]
    for module in _PRELOADED:
        importlib.import_module(module)
    import confine
    import harness
    import mounts

    sys.path.remove(folder)
    for module in ("confine", "harness", "mounts", "values"):
        del sys.modules[module]
    import site

    site.setquit()  # exit() and quit(), which -S leaves out
    if with_numpy:
        import numpy.random

    harness.refuse_processes()
    harness.warm_up()
    harness.open_streams()
    own_size = _own_size(with_numpy)
    # The C library's fork, without the hooks of Python's: there is one thread here and no lock is
    # held, so they would only cost time (each page that a child touches is a page to be copied).
    fork = ctypes.PyDLL(None).fork
    control_socket = socket.socket(fileno=control)
    request_socket = socket.socket(fileno=requests)
    if os.getpid() == 1:
        scratch = mounts.FileSystems(mounts.WRITABLE, mounts.own_mounts())
    else:
        scratch = mounts.OrdinaryFolder(os.getcwd())  # noqa: PTH109
    confine.confine_zygote(files)
    # A program's randomness is the same in every run, so that its verdict is.
    random.seed(0)
    if with_numpy:
        numpy.random.seed(0)
    control_socket.send(b"ready")
    gc.collect()
    gc.freeze()  # children share these pages as long as no collector touches them
    number = 0
    while True:
        number += 1
        pid = fork()
        if pid == 0:
            _become_candidate(control_socket, request_socket, own_size, confine, harness)
        _supervise(control_socket, pid, number, scratch)


def _become_candidate(
    control: socket.socket, requests: socket.socket, own_size: int, confine: Any, harness: Any
) -> None:
    """In the child: wait for work, drop everything of the zygote, lock the door. Never returns."""
    status = 70
    try:
        os.close(control.detach())
        message, descriptors, _, _ = requests.recvmsg(32, _DESCRIPTORS_SPACE)
        if descriptors:
            os.close(requests.detach())
            # The received numbers are in order and above 2: none is overwritten before its turn.
            for new, old in enumerate(_DESCRIPTORS.unpack(descriptors[0][2])):
                os.dup2(old, new, False)
            os.closerange(4, 64)
            confine.confine_candidate(own_size + int(message))
            status = harness.serve(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, 3))
    except BaseException as error:
        with contextlib.suppress(BaseException):
            os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)


def _supervise(control: socket.socket, pid: int, number: int, scratch: Any) -> None:
    """Wait for the child (killing it when told), discard what it left, report how it ended."""
    ended = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(control, select.POLLIN)
    while True:
        ready = dict(poll.poll())
        if ended in ready:
            break
        message = control.recv(64)
        if not message:
            os._exit(0)  # the parent is gone; the kernel ends the child with process 1
        if message == b"kill %d" % number:  # not one that came too late for the child before
            os.kill(pid, signal.SIGKILL)
    os.close(ended)
    _, status, usage = os.wait4(pid, 0)
    clean = _no_survivors() and scratch.renew()
    exit_code = os.waitstatus_to_exitcode(status)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    control.send(b"%d %f %d %d" % (exit_code, cpu_seconds, usage.ru_maxrss, clean))


def _no_survivors() -> bool:
    """Kill whatever else lives in the sandbox (nothing should: candidates cannot fork)."""
    if os.getpid() != 1:
        return True  # weaker isolation: kill(-1) would reach the user's own processes
    for _ in range(1000):
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.001)
        except ChildProcessError:
            return True
    return False


def _own_size(with_numpy: bool) -> int:
    """Return this process's address space in bytes: what a program starts with is not its own."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return (400 if with_numpy else 64) << 20


if __name__ == "__main__":
    main(
        sys.argv[1], sys.argv[2], sys.argv[3] == "numpy", *(int(number) for number in sys.argv[4:])
    )
