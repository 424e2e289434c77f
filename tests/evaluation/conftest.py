"""A benchmark of a few tasks in EvalPlus's format, and the real ones from the shared folder."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.places import SHARED
from helpers.small_benchmark import TASKS, write_tasks

from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark, Dataset


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ground truth folder that all tests share."""
    return tmp_path_factory.mktemp("ground_truth")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Benchmark:
    return read_data("humaneval", write_tasks(tmp_path_factory.mktemp("d") / "s.jsonl", TASKS))


@pytest.fixture
def judge(small: Benchmark, cache: Path) -> EvalPlusJudge:
    return EvalPlusJudge(small, GradingConfig(min_time_limit=0.5), cache)


@pytest.fixture(scope="session")
def real_benchmark(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Dataset, str], Benchmark]:
    """Return real EvalPlus data by data set and file name."""
    folder = tmp_path_factory.mktemp("evalplus")

    def read(dataset: Dataset, name: str) -> Benchmark:
        packed = SHARED / "evalplus" / f"{name}.jsonl.gz"
        if not packed.is_file():
            pytest.skip(f"needs the real data file {packed.name} in ../shared/data/evalplus")
        target = folder / f"{name}.jsonl"
        if not target.exists():
            target.write_bytes(gzip.decompress(packed.read_bytes()))
        return read_data(dataset, target)

    return read
