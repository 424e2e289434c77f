"""Our grading against what others published, and against the data sets' own reference solutions."""

import contextlib
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.published.data_files import data_file
from codepref.evaluation.published.releases import known
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import PREFIXES, Benchmark
from codepref.gradings import BenchmarkVerdicts

DATASETS = tuple(PREFIXES)
_ENDINGS = (".jsonl", ".jsonl.gz", ".zip", ".tar.gz")


@dataclass(frozen=True)
class PublishedSet:
    """Somebody's samples and EvalPlus's verdicts on them.

    Attributes:
        name: folder and file of the samples, for messages and names of folders.
        samples: the file or folder.
        verdicts: EvalPlus's ``eval_results.json``.
    """

    name: str
    samples: Path
    verdicts: Path


def published_sets(place: Path) -> list[PublishedSet]:
    """Return the samples in ``<place>/published_samples`` that have verdicts beside them.

    Those of ``samples_x.jsonl`` are ``eval_results_x.json``, those of ``x.jsonl`` are
    ``x_eval_results.json`` (as EvalPlus names them), those of a folder of solutions lie in it as
    ``eval_results.json``.
    """
    root = place / "published_samples"
    found = []
    for samples in sorted(root.rglob("*")):
        if samples.is_dir():
            candidates = [samples / "eval_results.json"]
        elif stem := _stem(samples.name):
            names = (stem.replace("samples", "eval_results"), f"{stem}_eval_results")
            candidates = [samples.with_name(f"{name}.json") for name in names]
        else:
            continue
        verdicts = next((path for path in candidates if path.is_file()), None)
        if verdicts is not None:
            found.append(PublishedSet(str(samples.relative_to(root)), samples, verdicts))
    return found


def _stem(name: str) -> str:
    """Return a samples file's name without its ending; empty if it is none."""
    return next((name[: -len(ending)] for ending in _ENDINGS if name.endswith(ending)), "")


def newest_data(dataset: str, place: Path, cache: Path) -> Benchmark:
    """Read the newest release of a data set from a folder of releases.

    Raises:
        UserError: the folder holds none.
    """
    release = known().of(dataset)[-1]
    tasks = set(release.task_ids)
    found = data_file(dataset, tasks, "", release.version, place, cache)
    return read_data(dataset, found.path)


def grade_references(
    benchmark: Benchmark, config: GradingConfig, cache: Path, workers: int
) -> BenchmarkVerdicts:
    """Grade the benchmark's own reference solutions as if they were a model's."""
    programs = {key: task.canonical for key, task in benchmark.tasks.items()}
    return EvalPlusJudge(benchmark, config, cache, workers).grade(programs, benchmark.sha256)


@contextlib.contextmanager
def processor_burners(count: int) -> Iterator[None]:
    """Keep ``count`` processors busy beside the block."""
    burners = [multiprocessing.Process(target=_burn, daemon=True) for _ in range(count)]
    for burner in burners:
        burner.start()
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.join()


def _burn() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        sum(range(100_000))


def shared_data(root: Path) -> Path:
    """Return where the data files for tests lie, beside the repository."""
    return root.resolve().parent / "shared" / "data"
