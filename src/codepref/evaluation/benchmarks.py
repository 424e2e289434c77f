"""The registry of benchmarks: what the stages need to know of each data set, and nowhere else.

A benchmark is added by a module with its judge, its entry here and a block in the configuration
(docs/extend.md). Scripts, configuration and rules take names and choices from here.
"""

from functools import partial
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.evaluation import data
from codepref.evaluation.entry import BenchmarkEntry, Judge, Source
from codepref.evaluation.livecodebench.tasks import LIVECODEBENCH
from codepref.evaluation.settings import (
    BuiltinHumanEval,
    BuiltinMbpp,
    EvalPlusData,
    GradingConfig,
    TaskFileData,
    TemplateData,
)
from codepref.evaluation.tasks import Dataset, TaskFile, evalplus_task, parse_tasks, read_task_file
from codepref.gradings import BenchmarkVerdicts, JudgeComparison


def _evalplus_judge(
    benchmark: Any, config: GradingConfig, cache: str | Path, workers: int
) -> Judge:
    from codepref.evaluation.evalplus.judge import EvalPlusJudge

    return EvalPlusJudge(benchmark, config, cache, workers)


def _executor_judge(
    judge: Any, programs: dict[str, str], verdicts: BenchmarkVerdicts
) -> JudgeComparison:
    from codepref.evaluation.second_judge import compare_judges  # loads EvalPlus

    return compare_judges(judge, programs, verdicts)


def _evalplus(dataset: Dataset, **builtin: Source) -> BenchmarkEntry:
    return BenchmarkEntry(
        judge=_evalplus_judge,
        task=partial(evalplus_task, dataset),
        sources={
            "evalplus": Source(EvalPlusData, partial(data.published, dataset)),
            **builtin,
            "file": Source(TaskFileData, data.from_file),
        },
        second_judge=_executor_judge,
    )


BENCHMARKS: dict[str, BenchmarkEntry] = {
    "humaneval": _evalplus(
        "humaneval", builtin_humaneval=Source(BuiltinHumanEval, data.builtin_humaneval)
    ),
    "mbpp": _evalplus(
        "mbpp",
        builtin_mbpp=Source(BuiltinMbpp, data.builtin_mbpp),
        templates=Source(TemplateData, data.from_templates),
    ),
    "livecodebench": LIVECODEBENCH,
}
"""By the name that ``dataset`` gives in the configuration."""


def check_data_kind(dataset: str, kind: str) -> None:
    """Refuse a kind of data that a data set does not come in.

    Raises:
        UserError: names the data sets that do.
    """
    if kind not in BENCHMARKS[dataset].sources:
        owners = [f"'{name}'" for name, entry in BENCHMARKS.items() if kind in entry.sources]
        raise UserError(
            f"data of kind '{kind}' belongs to dataset {', '.join(owners) or 'none'}, "
            f"'{dataset}' comes as {', '.join(BENCHMARKS[dataset].sources)}"
        )


def benchmark_bytes(dataset: str, config: Any) -> bytes:
    """Return a benchmark as the bytes of a JSONL file.

    Args:
        dataset: a name in ``BENCHMARKS``.
        config: the section that says where the tasks come from.

    Raises:
        UserError: the data is missing, damaged, not of ``dataset``, or not in its format.
    """
    check_data_kind(dataset, config.kind)
    entry = BENCHMARKS[dataset]
    content = entry.sources[config.kind].content(config)
    where = getattr(config, "path", None) or f"benchmark data of kind '{config.kind}'"
    parse_tasks(content, where, entry.task)
    return content


def read_data(dataset: str, path: str | Path) -> TaskFile[Any]:
    """Read a data file as the judge of ``dataset`` takes it.

    Raises:
        UserError: as ``codepref.evaluation.tasks.read_task_file``.
    """
    return read_task_file(dataset, path, BENCHMARKS[dataset].task)
