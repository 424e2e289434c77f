"""Settings of the jobs: devices, memory and time."""

from pydantic import Field

from codepref.strict import Section


class JobConfig(Section):
    """What one job of a kind asks for on its first attempt; the memory grows with each retry."""

    gpus: int = Field(default=0, ge=0)
    threads: int = Field(default=8, ge=1, description="cut to the cores that the run is given")
    memory_mb: int = Field(default=32000, ge=500)
    minutes: int = Field(default=240, ge=1, description="wall time")


class ComputeConfig(Section):
    """Devices, memory and time of the three kinds of jobs; partitions belong to the profile."""

    generate: JobConfig = JobConfig(gpus=1, threads=8, memory_mb=64000, minutes=480)
    train: JobConfig = JobConfig(gpus=4, threads=16, memory_mb=320000, minutes=720)
    execute: JobConfig = JobConfig(threads=16, memory_mb=32000, minutes=120)
