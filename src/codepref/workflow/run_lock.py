"""One Snakemake per run, also on a cluster, and what a killed one left behind.

Snakemake's own lock stays when Snakemake is killed and has to be removed by hand, and its jobs go
on in the queue. The lock here belongs to the process: it ends with it, however it ends. It also
says under which name the jobs were submitted, so that the next start can cancel those left over.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from codepref.errors import UserError
from codepref.provenance.record import mark_layout

NAME = ".running"
_HELD: list[int] = []


def lock_run(run: Path, job_name: str | None = None) -> None:
    """Hold a run's folder as long as this process lives; cancel jobs that its last holder left.

    On file systems without locks nothing is held.

    Args:
        run: the folder ``results/<run>``.
        job_name: the name in SLURM of all jobs that this process is going to submit.

    Raises:
        UserError: another process holds the run, an older version of this project made it, or the
            jobs cannot be cancelled.
    """
    run.mkdir(parents=True, exist_ok=True)
    mark_layout(run)
    path = run / NAME
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UserError(
            f"{run}: another Snakemake is at work on it ({path.read_text().strip()}); "
            "wait for its end or stop it"
        ) from error
    except OSError:
        os.close(handle)
        return
    _HELD.append(handle)
    lines = os.pread(handle, 1000, 0).decode().splitlines()
    if len(lines) > 1:
        _cancel(lines[1])
    os.ftruncate(handle, 0)
    process = f"process {os.getpid()} on {socket.gethostname()}"
    os.pwrite(handle, f"{process}\n{job_name or ''}\n".encode(), 0)


def _cancel(job_name: str) -> None:
    """Cancel jobs by their name and wait until they are gone."""
    if not job_name or not shutil.which("scancel"):
        return
    listed = ["squeue", "--noheader", "--format=%i", f"--name={job_name}"]
    left = subprocess.run(listed, capture_output=True, text=True).stdout.split()
    if not left:
        return
    print(f"cancelling jobs of a Snakemake that was killed: {' '.join(left)}", flush=True)
    subprocess.run(["scancel", f"--name={job_name}"], check=False)
    until = time.monotonic() + 120
    while subprocess.run(listed, capture_output=True, text=True).stdout.split():
        if time.monotonic() > until:
            raise UserError(
                f"jobs of a Snakemake that was killed are still there: {' '.join(left)}; "
                "two jobs would do the same work: cancel them with scancel, then start again"
            )
        time.sleep(1)
