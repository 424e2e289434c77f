"""Patch for snakemake-executor-plugin-slurm 2.8.0, which misreads two answers about jobs' states.

- A job cancelled by hand has the state ``CANCELLED by 1000``. The plugin knows only ``CANCELLED``
  and would wait for the job for ever.
- There is no answer while a daemon of SLURM restarts. The plugin would forget the jobs that it
  asked about, and wait for them for ever.
"""

import sys
from typing import Any

EXECUTOR = "snakemake_executor_plugin_slurm"


def patch_states() -> None:
    """Patch the plugin where it is loaded. A second call changes nothing."""
    executor: Any = sys.modules.get(EXECUTOR)
    ask = getattr(executor, "query_job_status", None)
    if ask is None or getattr(ask, "is_patched", False):
        return

    async def query_job_status(command: str, logger: Any) -> tuple[dict[str, str], float]:
        states, seconds = await ask(command, logger)
        if states is None:
            return {}, 0.0  # no state is known: the plugin asks again about every job
        return {job: (state.split() or [""])[0] for job, state in states.items()}, seconds

    query_job_status.is_patched = True  # type: ignore[attr-defined]
    executor.query_job_status = query_job_status
