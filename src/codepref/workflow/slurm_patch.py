"""Mending what the SLURM executor (snakemake-executor-plugin-slurm 2.8.0) misreads of jobs' states.

Accounting says of a job that was cancelled by hand ``CANCELLED by 1000``; the executor knows only
``CANCELLED`` and would wait for the job for ever. And when no answer comes at all, because a daemon
of SLURM is being restarted, it would forget the jobs it asked for, and wait for ever, too.
"""

import sys
from typing import Any

EXECUTOR = "snakemake_executor_plugin_slurm"


def patch_states() -> None:
    """Make the executor read states right, where it is loaded. A second call changes nothing."""
    executor: Any = sys.modules.get(EXECUTOR)
    ask = getattr(executor, "query_job_status", None)
    if ask is None or getattr(ask, "mended", False):
        return

    async def query_job_status(command: str, logger: Any) -> tuple[dict[str, str], float]:
        states, seconds = await ask(command, logger)
        if states is None:
            return {}, 0.0  # nothing is known of any job: it stays among those to ask for
        return {job: (state.split() or [""])[0] for job, state in states.items()}, seconds

    query_job_status.mended = True  # type: ignore[attr-defined]
    executor.query_job_status = query_job_status
