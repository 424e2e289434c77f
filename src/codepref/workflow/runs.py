"""Where a run's files lie that a plan reads."""

import os
import tempfile
from pathlib import Path

from codepref.config import Config
from codepref.devices import cpu_precision
from codepref.models import model_revision
from codepref.models.fetch import fetch_packaged
from codepref.models.settings import (
    DerivedModel,
    FolderModel,
    HubModel,
    PackagedModel,
    TrainedModel,
)
from codepref.planning.architecture import Architecture, architecture_of
from codepref.planning.costs import Costs, Throughputs
from codepref.planning.power_plan import expected_tasks
from codepref.planning.work import Setting
from codepref.problems.settings import JsonlSource
from codepref.problems.sources.lines import numbered_lines
from codepref.problems.sources.own import own_records
from codepref.tables.paper import PaperTables
from codepref.workflow.job_graph import JobGraph

PREFLIGHT = Path("results/preflight/throughput.json")
"""what the GPUs of this site did (``make preflight``)"""


def run_folder(config: Config) -> Path:
    """Return the folder of a run."""
    return Path("results") / config.run


def architectures(config: Config, costs: Costs) -> dict[str, Architecture]:
    """Return the sizes of a run's models: fetched, in folders or packages, and of known names."""
    graph = JobGraph(config)
    sizes = {name: _size(config, name, costs) for name in {*graph.models, *graph.weights}}
    sizes |= {row[0]: sizes.get(config.weights_of(row[0])) for row in graph.rows}
    return {name: size for name, size in sorted(sizes.items()) if size}


def _size(config: Config, name: str, costs: Costs) -> Architecture | None:
    source = config.models[name].source
    folder = run_folder(config) / "models" / config.weights_of(name)
    if isinstance(source, DerivedModel):
        return _size(config, source.base, costs)
    if isinstance(source, TrainedModel):
        return _size(config, source.model, costs)
    if isinstance(source, FolderModel):
        folder = Path(source.path)
    if (folder / "config.json").exists():
        return architecture_of(folder)
    if known := costs.architectures.get(config.models[name].repository or ""):
        return known
    if isinstance(source, PackagedModel):
        with tempfile.TemporaryDirectory() as temporary:
            fetch_packaged(source, Path(temporary) / "model", weights=False)
            return architecture_of(Path(temporary) / "model")
    return None


def setting_of(config: Config, paper: PaperTables, costs: Costs, gpu: str) -> Setting:
    """Return what prices depend on; throughputs of the preflight are used where there are some."""
    return Setting(
        config=config,
        costs=costs,
        gpu=gpu,
        tasks={**expected_tasks(config, paper), **tasks_in_files(config)},
        architectures=architectures(config, costs),
        problems=problems_of(config),
        cores=os.cpu_count() or 1,
        cpu_precision=cpu_precision(),
        throughputs=Throughputs.read(PREFLIGHT) if PREFLIGHT.exists() else None,
    )


def fetched_folder(config: Config, model: str) -> Path | None:
    """Return the folder in which some run has a model of the hub already; None: nowhere."""
    source = config.models[model].source
    if not isinstance(source, HubModel):
        return None
    for folder in sorted(Path("results").glob("*/models/*")):
        if (folder / "config.json").is_file() and model_revision(folder) == source.revision:
            return folder
    return None


def problems_of(config: Config) -> int:
    """Return how many problems a run samples at most: of one's own files, the records count."""
    sources = dict(config.problem_sources)
    for name in config.problems.sources:
        source = sources[name]
        if isinstance(source, JsonlSource) and Path(source.path).is_file():
            count = own_records(source.path)
            sources[name] = source.model_copy(update={"limit": min(count, source.limit or count)})
    return config.problems.most(sources)


def tasks_in_files(config: Config) -> dict[str, int]:
    """Return how many tasks the benchmarks have whose data are files of this machine."""
    paths = {
        name: getattr(config.benchmarks[name].data, "path", None) for name in config.use_benchmarks
    }
    return {
        name: sum(
            bool(line.strip()) for _, line in numbered_lines(Path(path), "a benchmark's tasks")
        )
        for name, path in paths.items()
        if path and Path(path).is_file()
    }
