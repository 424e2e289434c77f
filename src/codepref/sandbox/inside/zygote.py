"""The first process inside a sandbox: forks a confined child per candidate, cleans up after it.

It holds nothing worth stealing: a candidate's code, inputs and answers travel between the parent
and the child on a channel of their own, which this process closes unread. It runs as process 1 of
the sandbox's process namespace, so no signal from inside can reach it.

Control messages (one datagram each, JSON): a request with four file descriptors (stdin, stdout,
stderr, channel) starts a child; ``kill`` ends it. One answer per child, when nothing of it is left.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import time
from typing import Any

# What solutions commonly import: loaded once here instead of once per candidate.
_PRELOADED = (
    *("array", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal"),
    *("enum", "fractions", "functools", "heapq", "io", "itertools", "math", "operator", "queue"),
    *("re", "statistics", "string", "struct", "threading", "traceback", "typing"),
)


def main(folder: str, packages: str, with_numpy: bool, descriptor: int) -> None:
    """Serve requests until the parent goes away.

    Args:
        folder: where this program's own modules lie.
        packages: folder of the third-party packages that candidates may import.
        with_numpy: load numpy before forking (its import takes longer than most programs).
        descriptor: the number of the control socket.
    """
    for number in (signal.SIGINT, signal.SIGXFSZ):  # Python handles or ignores these
        signal.signal(number, signal.SIG_DFL)
    for name in _PRELOADED:
        importlib.import_module(name)
    sys.path[:0] = [folder, *packages.split(os.pathsep)]
    import confine
    import harness

    sys.path.remove(folder)
    for name in ("confine", "harness", "values"):
        del sys.modules[name]
    import site

    site.setquit()  # exit() and quit(), which -S leaves out
    if with_numpy:
        import numpy  # noqa: F401

    confine.hide_memory()
    template = confine.filter_template()
    fork = os.fork
    harness.refuse_processes()
    own_size = _own_size(with_numpy)
    control = socket.socket(fileno=descriptor)
    control.send(b"ready")
    gc.collect()
    gc.freeze()  # children share these pages as long as no collector touches them
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 4)
        if not message:
            return
        if len(descriptors) != 4:
            continue  # a late "kill"
        request = json.loads(message)
        pid = fork()
        if pid == 0:
            _become_candidate(control, descriptors, request, own_size, template, confine, harness)
        for descriptor in descriptors:
            os.close(descriptor)
        _supervise(control, pid)


def _become_candidate(
    control: socket.socket,
    descriptors: list[int],
    request: dict[str, Any],
    own_size: int,
    template: bytes,
    confine: Any,
    harness: Any,
) -> None:
    """In the child: drop everything of the zygote, lock the door, run the job. Never returns."""
    status = 70
    try:
        control.detach()
        spare = [os.dup2(old, 10 + new, inheritable=False) for new, old in enumerate(descriptors)]
        for new, old in enumerate(spare):
            os.dup2(old, new, inheritable=False)
        os.closerange(len(spare), 64)
        # A program's randomness is the same in every run, so that its verdict is.
        random.seed(0)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(0)
        confine.set_limits(own_size + request["memory_bytes"], request["file_bytes"])
        confine.forbid_system_calls(template)
        status = harness.serve(socket.socket(fileno=3), own_size + request["memory_bytes"])
    except BaseException as error:
        with contextlib.suppress(BaseException):
            os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)


def _supervise(control: socket.socket, pid: int) -> None:
    """Wait for the child (killing it when told), remove whatever it left, report how it ended."""
    ended = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    poll.register(control, select.POLLIN)
    killed = False
    while True:
        ready = dict(poll.poll())
        if ended in ready:
            break
        if not control.recv(1 << 16):
            os._exit(0)  # the parent is gone; the kernel ends the child with process 1
        if not killed:
            os.kill(pid, signal.SIGKILL)
            killed = True
    os.close(ended)
    _, status, usage = os.wait4(pid, 0)
    report = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_kb": usage.ru_maxrss,
        "clean": _no_survivors() and _empty_tmp(),
    }
    control.send(json.dumps(report).encode())


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


def _empty_tmp() -> bool:
    """Remove the files a candidate left; False (a new sandbox is needed) if that is not simple."""
    try:
        for name in os.listdir("."):  # noqa: PTH208
            os.unlink(name)  # noqa: PTH108
    except OSError:
        return False
    return True


def _own_size(with_numpy: bool) -> int:
    """Return this process's address space in bytes: what a program starts with is not its own."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
            return int(statm.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return (400 if with_numpy else 64) << 20


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] == "numpy", int(sys.argv[4]))
