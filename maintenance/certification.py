"""Our grading against what others published: CodeQwen1.5-7B-Chat's samples, reference solutions."""

import contextlib
import gzip
import json
import multiprocessing
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codepref.evaluation.benchmarks import read_data
from codepref.evaluation.evalplus.judge import EvalPlusJudge
from codepref.evaluation.settings import GradingConfig
from codepref.evaluation.tasks import Benchmark, Dataset
from codepref.files import sha256_of
from codepref.records import BenchmarkVerdicts

PUBLISHED_MODEL = "codeqwen1.5-7b-chat"
UNEXPLAINED = "unexplained"
_MORE_ANSWERS = "oracle: EvalPlus has accepted more answers to this task since"
# Every task on which our verdict differs from the published one, our verdict, and why (examined by
# hand). Any other difference is an error of the grading or of this table.
EXPECTED = {
    "HumanEval/32": ("base only", "oracle: EvalPlus's find_zero bug is repaired here"),
    "Mbpp/2": ("plus", _MORE_ANSWERS),
    "Mbpp/6": ("base only", "Python version: int.bit_count came with 3.10"),
    "Mbpp/123": ("plus", "time limit: up to 2 s per input; the limit was 1 s when published"),
    "Mbpp/249": ("base only", _MORE_ANSWERS),
    "Mbpp/287": (
        "base only",
        "type: an exact int where the reference gives an inexact float; EvalPlus 0.3.1 wants equal "
        "types, earlier versions did not",
    ),
    "Mbpp/579": ("plus", _MORE_ANSWERS),
    "Mbpp/769": ("plus", _MORE_ANSWERS),
}


@dataclass(frozen=True)
class Case:
    """One data file on which the published samples are graded.

    Attributes:
        dataset: as EvalPlus calls it.
        file: name of the data file, without endings.
        published: whether the verdicts were published on this very file.
    """

    dataset: Dataset
    file: str
    published: bool


CASES = [
    Case("humaneval", "HumanEvalPlus-v0.1.9", published=True),
    Case("humaneval", "HumanEvalPlus-v0.1.10", published=False),
    Case("mbpp", "MbppPlus-v0.1.0", published=True),
    Case("mbpp", "MbppPlus-v0.2.0", published=False),
]


@dataclass(frozen=True)
class Published:
    """Somebody's samples and EvalPlus verdicts.

    Attributes:
        samples: the file they are in.
        programs: task id -> program.
        solved: task id -> (base, plus) as published.
        data_md5: of the data file they were graded on.
    """

    samples: Path
    programs: dict[str, str]
    solved: dict[str, tuple[bool, bool]]
    data_md5: str


def unpack(packed: Path, folder: Path) -> Path:
    """Decompress a data file into ``folder`` (EvalPlus hashes the decompressed bytes)."""
    target = folder / packed.name.removesuffix(".gz")
    if not target.exists():
        target.write_bytes(gzip.decompress(packed.read_bytes()))
    return target


def read_published(folder: Path, dataset: Dataset) -> Published:
    """Read one data set's published samples and verdicts."""
    samples = folder / f"samples_{dataset}_codeqwen_chat_temp_0.0.jsonl"
    with samples.open(encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    verdicts = json.loads(
        (folder / f"eval_results_{dataset}_codeqwen_chat_temp_0.0.json").read_text("utf-8")
    )
    solved = {}
    for task_id, [result] in verdicts["eval"].items():
        base = result["base_status"] == "pass"
        solved[task_id] = (base, base and result["plus_status"] == "pass")
    programs = {line["task_id"]: line["solution"] for line in lines}
    return Published(samples, programs, solved, verdicts["hash"])


@dataclass(frozen=True)
class Difference:
    """A task on which our verdict is not the published one."""

    task_id: str
    published: str
    ours: str
    reason: str


def differences(published: Published, ours: BenchmarkVerdicts) -> list[Difference]:
    """Return the tasks whose verdict is not the published one, each with its reason.

    A task that should differ (``EXPECTED``) but does not is unexplained, too.
    """
    found = []
    for task in ours.tasks:
        before = _part_solved(published.solved[task.task_id])
        now = _part_solved((task.base_solved, task.plus_solved))
        expected, reason = EXPECTED.get(task.task_id, (before, ""))
        if now != expected:
            reason = f"{UNEXPLAINED}; expected '{expected}'"
        elif now == before:
            continue
        told = "; ".join(
            f"{part}: {verdict.reason}, input {verdict.failing_input}"
            for part, verdict in (("base", task.base), ("plus", task.plus))
            if verdict.reason
        )
        found.append(Difference(task.task_id, before, now, reason + (f" ({told})" if told else "")))
    return found


def _part_solved(solved: tuple[bool, bool]) -> str:
    return {(True, True): "plus", (True, False): "base only"}.get(solved, "neither")


def grade_published(
    published: Published,
    benchmark: Benchmark,
    config: GradingConfig,
    cache: Path,
    workers: int,
) -> BenchmarkVerdicts:
    """Grade published samples on a data file (of which they may hold more tasks than it has)."""
    programs = {key: published.programs[key] for key in benchmark.tasks}
    judge = EvalPlusJudge(benchmark, config, cache, workers)
    return judge.grade(programs, sha256_of(published.samples))


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


def load_case(case: Case, shared: Path, folder: Path) -> tuple[Published, Benchmark]:
    """Read a case's published samples and its data file."""
    published = read_published(shared / "published_samples" / PUBLISHED_MODEL, case.dataset)
    packed = shared / "evalplus" / f"{case.file}.jsonl.gz"
    return published, read_data(case.dataset, unpack(packed, folder))
