"""What a run cost and where it comes from, added up from the provenance beside its files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from codepref.provenance.record import Artifact, Provenance, read_provenance, sidecar


@dataclass
class Stage:
    """All jobs of one command."""

    name: str
    jobs: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    gpu_seconds: float = 0.0
    peak_memory_mb: float = 0.0


@dataclass
class History:
    """Everything that led to some files."""

    records: list[Provenance] = field(default_factory=list)
    without: list[str] = field(default_factory=list)
    """files that have no record: given from outside, or made before records were kept"""

    def stages(self) -> list[Stage]:
        """Return the cost by command; a job that made several files counts once."""
        stages: dict[str, Stage] = {}
        seen = set()
        for record in sorted(self.records, key=lambda record: record.started):
            job = (record.started, record.seconds, *record.command)
            if job in seen:
                continue
            seen.add(job)
            name = Path(record.command[0]).name
            stage = stages.setdefault(name, Stage(name))
            stage.jobs += 1
            stage.seconds += record.seconds
            stage.cpu_seconds += record.cpu_seconds
            stage.gpu_seconds += record.gpu_seconds
            stage.peak_memory_mb = max(stage.peak_memory_mb, record.peak_memory_mb)
        return list(stages.values())

    def artifacts(self) -> list[Artifact]:
        """Return all files made, in the order of their making."""
        ordered = sorted(self.records, key=lambda record: (record.started, record.output.path))
        return [record.output for record in ordered]


def history(files: Iterable[Path]) -> History:
    """Follow the provenance of some files back to the beginning."""
    found = History()
    waiting, seen = list(files), set()
    while waiting:
        path = waiting.pop()
        if path.as_posix() in seen:
            continue
        seen.add(path.as_posix())
        if sidecar(path).is_file():
            record = read_provenance(path)
            found.records.append(record)
            waiting += [Path(item.path) for item in record.inputs]
        else:
            found.without.append(path.as_posix())
    found.without.sort()
    return found
