"""Patch for snakemake-executor-plugin-slurm 2.8.0: what it makes of the states of jobs.

- A job cancelled by hand has the state ``CANCELLED by 1000``. The plugin knows only ``CANCELLED``
  and would wait for the job for ever.
- A preempted job has the state ``PREEMPTED``. The plugin takes it for one that SLURM starts again,
  and would wait for ever where SLURM does not (``slurm-no-requeue`` in the profile).
- There is no answer while a daemon of SLURM restarts. The plugin would forget the jobs that it
  asked about, and wait for them for ever.
- How a job ended is printed, but does not reach what its next attempt asks for
  (``codepref.workflow.retries``).
"""

import re
import sys
from typing import Any

from codepref.workflow.retries import ended

EXECUTOR = "snakemake_executor_plugin_slurm"
STATE = re.compile(r"SLURM status is: '(\w+)'")
KNOWN_AS = {"PREEMPTED": "CANCELLED"}


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
        named = {job: (state.split() or [""])[0] for job, state in states.items()}
        return {job: KNOWN_AS.get(state, state) for job, state in named.items()}, seconds

    query_job_status.is_patched = True  # type: ignore[attr-defined]
    executor.query_job_status = query_job_status
    _count_ends(executor.Executor)


def _count_ends(executor: Any) -> None:
    """Let an executor give the state in which a job ended to the job's attempt."""
    report = executor.report_job_error

    def report_job_error(self: Any, job_info: Any, msg: str | None = None, **others: Any) -> None:
        found = STATE.search(msg or "")
        job_info.job.attempt = ended(job_info.job.attempt, found and found[1])
        report(self, job_info, msg, **others)

    executor.report_job_error = report_job_error
