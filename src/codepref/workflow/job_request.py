"""What a job asks of the machine."""

from typing import Any

from codepref.compute import JobConfig
from codepref.workflow.retries import Growth, memory_failures, time_failures


class JobRequest:
    """What a job of one kind asks of the machine.

    Attributes:
        gpus: how many.
        threads: how many.
        requests: Snakemake's resources; memory (MiB) and minutes grow with each attempt that ran
            out of them, up to the configured limits.
    """

    def __init__(self, job: JobConfig) -> None:
        self.gpus, self.threads = job.gpus, job.threads
        memory = Growth(job.request_mb, job.max_memory_mb)
        minutes = Growth(job.minutes, job.max_minutes)
        self.requests: dict[str, Any] = {
            "mem_mb": lambda wildcards, attempt: memory.after(memory_failures(attempt)),
            "runtime": lambda wildcards, attempt: minutes.after(time_failures(attempt)),
        }
        # For the command line: a rule's GPUs are no setting that would make its results anew.
        self.requests["given_gpus"] = job.gpus
        if job.gpus:  # SLURM may take them from several nodes unless it is told not to
            self.requests |= {"gpu": job.gpus, "nodes": 1}
