"""The job that is looked at: what the configuration gives it, and what it looks at."""

from dataclasses import dataclass
from pathlib import Path

from codepref.files import read_text
from codepref.preflight.findings import KINDS, Finding, Kind, not_done
from codepref.sampling.settings import SamplingConfig
from codepref.sandbox.settings import ExecutionConfig
from codepref.training.trainers import DpoConfig

REASON = "missing.txt"
"""Stands in a model's folder instead of its files where they could not be had: why not."""
NO_GPUS = "this kind of job has gpus: 0"
GIVE_GPUS = "run it where jobs get GPUs (gpus in the section compute)"


@dataclass(frozen=True)
class Place:
    """One job.

    Attributes:
        kind: which of the kinds of jobs.
        gpus: how many it was given.
        memory_mb: MiB of main memory that it was given.
        work: a folder for this job alone, on the file system of the results.
        model: a model's name in the configuration; empty: the job has none.
        folder: configuration and tokenizer of that model; weights may be missing.
        sampling: the run's settings of sampling.
        training: the run's settings of DPO.
        execution: the run's settings of the sandbox.
    """

    kind: Kind
    gpus: int
    memory_mb: int
    work: Path
    model: str
    folder: Path
    sampling: SamplingConfig
    training: DpoConfig
    execution: ExecutionConfig

    @property
    def jobs(self) -> str:
        """Return how the table names jobs of this kind."""
        return f"{KINDS[self.kind]} jobs"

    @property
    def files_missing(self) -> Finding | None:
        """Return that the model's files are not there; None: they are."""
        if (self.folder / "config.json").is_file():
            return None
        why = f"{self.folder}: no config.json"
        if (self.folder / REASON).is_file():
            why = read_text(self.folder / REASON).strip().partition("; ")[0]
        return not_done(
            f"{self.model}: configuration and tokenizer",
            why,
            "fetch the model on a machine with network (make fetch), copy the results here if that "
            "is another one, then start the preflight again",
        )

    @property
    def has_weights(self) -> bool:
        """Whether the model's weights are there, too."""
        return any(self.folder.glob("*.safetensors"))
