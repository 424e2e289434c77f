"""What the kernel knows of a process's time: how long it computed, how long it was kept waiting."""

import os
import time


def cpu_seconds(pid: int) -> float:
    """Return the CPU time a process has used so far, threads included; 0 if it has ended."""
    try:
        # The process's CPU clock (see clock_getcpuclockid); exact to the nanosecond.
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def starved_seconds(pid: int | str = "self") -> float:
    """Return how long a process was ready to run but got no processor (0 if not known)."""
    try:
        descriptor = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY)
        text = os.read(descriptor, 100)
        os.close(descriptor)
        return int(text.split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0
