"""Settings of the machine: what a job of each kind asks for."""

from typing import Self

from pydantic import Field, model_validator

from codepref.strict import FieldError, Section


class JobConfig(Section):
    """What one job of a kind asks for; memory and time grow when a job ran out of them."""

    gpus: int = Field(default=0, ge=0)
    threads: int = Field(default=8, ge=1, description="cut to the cores that the run is given")
    memory_mb: int = Field(default=32000, ge=500, description="of the first attempt")
    memory_mb_per_gpu: int = Field(
        default=0, ge=0, description="the first attempt asks for this much more for each GPU"
    )
    max_memory_mb: int = Field(
        default=500000, ge=500, description="no attempt asks for more: what a node has (512 GB)"
    )
    minutes: int = Field(default=240, ge=1, description="wall time of the first attempt")
    max_minutes: int = Field(
        default=2880, ge=1, description="no attempt asks for more: the partition's time limit"
    )

    @model_validator(mode="after")
    def _within_limits(self) -> Self:
        firsts = {"memory_mb": self.request_mb, "minutes": self.minutes}
        for name, first in firsts.items():
            if first > (limit := getattr(self, f"max_{name}")):
                raise FieldError(name, f"{first} is more than max_{name}, {limit}; lower it")
        return self

    @property
    def request_mb(self) -> int:
        """What the first attempt asks for, in MiB: of every GPU, too."""
        return self.memory_mb + self.gpus * self.memory_mb_per_gpu


class GenerateConfig(JobConfig):
    """What a job that samples asks for; memory and time grow when it ran out of them."""

    gpus_per_engine: int = Field(
        default=1,
        ge=1,
        description="GPUs of one engine; a job's engines divide the prompts among them, each in a "
        "process of its own. More than 1 is for a model that one GPU cannot hold (vLLM splits it: "
        "tensor parallel)",
    )

    @model_validator(mode="after")
    def _all_gpus_are_used(self) -> Self:
        if self.gpus % self.gpus_per_engine:
            raise FieldError(
                "gpus",
                f"{self.gpus} cannot be divided among engines of {self.gpus_per_engine} each "
                "(gpus_per_engine)",
            )
        return self


class ComputeConfig(Section):
    """Devices, memory and time of the three kinds of jobs; partitions belong to the profile."""

    generate: GenerateConfig = GenerateConfig(
        gpus=1, threads=8, memory_mb=16000, memory_mb_per_gpu=48000, minutes=480
    )
    train: JobConfig = JobConfig(
        gpus=4, threads=16, memory_mb=8000, memory_mb_per_gpu=58000, minutes=720
    )
    execute: JobConfig = JobConfig(threads=16, memory_mb=32000, minutes=120)
