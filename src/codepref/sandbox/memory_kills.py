"""Whether the kernel killed for want of memory: the job's memory ran out, not a program's own.

A job of a cluster, or a container, is a control group with a memory limit. What the kernel kills
there is a matter of size and chance, so it says nothing about the program that was killed.
"""

import contextlib
import re
from pathlib import Path


def memory_kills(
    groups: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")
) -> int:
    """Return how many processes of this process's memory group were killed so far.

    Zero where the kernel does not tell (no such group, other systems).
    """
    with contextlib.suppress(OSError):
        for line in groups.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if "memory" in controllers.split(","):
                file = mounted / f"memory{path}/memory.oom_control"  # version 1
            elif not controllers:
                file = mounted / path.lstrip("/") / "memory.events"  # version 2
            else:
                continue
            with contextlib.suppress(OSError):
                if found := re.search(r"^oom_kill (\d+)", file.read_text(), re.M):
                    return int(found.group(1))
    return 0
