"""What the forked children of the sandboxed programs have in common: limits, closed descriptors."""

import os
import signal

from codepref.sandbox.inside import confine as executor


def close_all_but(*kept: int) -> None:
    """In a child: let the standard streams lead nowhere, close all else but ``kept``."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    for descriptor in range(3, 1024):
        if descriptor not in kept:
            try:
                os.close(descriptor)
            except OSError:
                continue


def confine(file_bytes: int, memory_bytes: int) -> None:
    """In a child: the executor's limits and system-call filters, for good."""
    executor.confine_zygote(file_bytes)
    executor.confine_candidate(memory_bytes)
    executor.hide_from_others()
