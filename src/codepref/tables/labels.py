"""How tables and figures name benchmarks and models, with what sets them apart from the paper's."""

from collections.abc import Mapping

from codepref.config import Config
from codepref.evaluation.benchmarks import BENCHMARKS
from codepref.tables.paper import PaperTables

OWN_TASKS = "own tasks"
NOT_IN_PAPER = "not in the paper"


def reference_words(config: Config) -> str:
    """Say what this run's trained policies are compared with, where one label is for all of them.

    A later round's reference may be what it started from.
    """
    others = (config.reference_of(model, method) != model for model, method, _ in config.rows)
    return "reference of its training" if any(others) else "initial model"


def tasks_of(config: Config, paper: PaperTables, name: str) -> int | None:
    """Return how many tasks a benchmark has by the configuration; None: its data alone tell.

    EvalPlus's data have as many as the paper's where they are of the paper's benchmark.
    """
    benchmark = config.benchmarks[name]
    own: int | None = getattr(benchmark.data, "tasks", None)
    if own is None and benchmark.data.kind == "evalplus":
        return paper.totals.get(benchmark.dataset)
    return own


def benchmark_note(config: Config, paper: PaperTables, name: str, total: int | None = None) -> str:
    """Say in what a benchmark's data are not the paper's: ``16 of 164 tasks``; empty: in nothing.

    Args:
        config: the run's.
        paper: gives the numbers of tasks that the paper's scores are of.
        name: of the benchmark, without the "+".
        total: tasks that were graded; None: as many as the configuration says.
    """
    benchmark = config.benchmarks[name]
    full = paper.totals.get(benchmark.dataset)
    tasks = tasks_of(config, paper, name) if total is None else total
    if full is None:
        return NOT_IN_PAPER
    if benchmark.data.kind not in ("evalplus", "builtin_humaneval"):
        return OWN_TASKS
    if tasks is None or (tasks == full and benchmark.data.kind == "evalplus"):
        return ""
    return f"{tasks} of {full} tasks" if tasks <= full else f"{tasks} tasks, the paper's {full}"


def benchmark_label(
    config: Config,
    paper: PaperTables,
    name: str,
    suffix: str | None = None,
    totals: Mapping[str, int] | None = None,
) -> str:
    """Return how tables and figures name a benchmark, with what sets its data apart.

    Args:
        config: the run's.
        paper: see ``benchmark_note``.
        name: of the benchmark, without the "+".
        suffix: of a column: "" for that of the base tests, "+" for that of all; None: of no column.
        totals: tasks that were graded, by benchmark.
    """
    note = benchmark_note(config, paper, name, (totals or {}).get(name))
    base, plus = BENCHMARKS[config.benchmarks[name].dataset].columns
    label = config.benchmarks[name].label + {None: "", "": base, "+": plus}[suffix]
    return f"{label} ({note})" if note else label


def model_label(config: Config, name: str) -> str:
    """Return how tables name a model; beside the paper's, one of one's own says that it is."""
    models = {config.models[experiment.model].paper_model for experiment in config.experiments}
    model = config.models[name]
    mixed = any(models) and model.paper_model is None
    return f"{model.label} (own model)" if mixed else model.label
