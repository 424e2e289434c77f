"""The files and folders of this machine that a configuration points at: inputs of the run.

Their content decides what is made again, not their time: rules name them as ``ancient`` inputs and
have the hash of what they hold among their params, which Snakemake compares with the last run's.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from snakemake.io import ancient

from codepref.config import Config
from codepref.errors import UserError
from codepref.models.settings import DerivedModel, TrainedModel
from codepref.strict import Section
from codepref.workflow.contents import content_of


def content(of: Callable[[Any], list[str]]) -> Callable[[Any], list[str]]:
    """Return the params function with the hashes of the files that an input function gives."""

    def hashes(wildcards: Any) -> list[str]:
        return [content_of(path) for path in of(wildcards)]

    return hashes


class GivenFiles:
    """Input functions with what a job reads that the configuration names by its path."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def of_source(self, wildcards: Any) -> list[str]:
        """Return the file of a problem source, if it has one."""
        return _path(self.config.problem_sources[wildcards.source])

    def of_rated(self, wildcards: Any) -> list[str]:
        """Return the file of rated responses, if it is one of this machine."""
        return _path(self.config.rated_pairs[wildcards.rated])

    def of_benchmark(self, wildcards: Any) -> list[str]:
        """Return the files of a benchmark's tasks, if it has any."""
        return _path(self.config.benchmarks[wildcards.benchmark].data)

    def of_model(self, wildcards: Any) -> list[str]:
        """Return the folder of a model, if it is one of this machine."""
        return _path(self.config.models[wildcards.model].source)


def check_given(config: Config, run: str, project: Path) -> None:
    """Refuse a run that would need files that are not there, or whose paths it cannot have.

    What was made of one in an earlier run, or came with a release, serves as well.

    Args:
        config: names them.
        run: the run's folder.
        project: where the path of ``own_claims`` starts.

    Raises:
        UserError: names each key of the configuration and its path.
    """
    for key, path, _ in _all(config, project):
        if {"{", "}"} & set(path):
            raise UserError(
                f"{key}: {path}: Snakemake takes braces in a path for wildcards; rename it"
            )
    lost = [
        f"{key}: no such file or folder: {path}"
        for key, path, made in _all(config, project)
        if not Path(path).exists() and not (Path(run) / made).exists()
    ]
    if lost:
        start = f"relative paths start in the folder that the workflow is run from, {Path.cwd()}"
        raise UserError("; ".join([*lost, start]))


def _all(config: Config, project: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the key of each given path of the run, the path, and what is made of it first."""
    for name in _sources(config):
        for path in _path(config.problem_sources[name]):
            yield f"problem_sources.{name}.path", path, f"problems/{name}.jsonl"
    for name in config.use_benchmarks:
        for path in _path(config.benchmarks[name].data):
            yield f"benchmarks.{name}.data.path", path, f"benchmarks/data/{name}.jsonl"
    for name in config.rated_sources:
        for path in _path(config.rated_pairs[name]):
            yield f"rated_pairs.{name}.path", path, f"pairs/{name}.jsonl"
    for name in models_of(config):
        for path in _path(config.models[name].source):
            yield f"models.{name}.source.path", path, f"models/{name}"
    if config.own_claims:
        yield "own_claims", str(project / config.own_claims), "own_claims.json"


def _sources(config: Config) -> list[str]:
    """Return the sources of problems, and those whose problems a model starts from."""
    names = config.problems.sources
    seeds = [getattr(config.problem_sources[name], "seeds_from", None) for name in names]
    return list(dict.fromkeys(filter(None, [*names, *seeds])))


def models_of(config: Config) -> list[str]:
    """Return the models whose weights a run fetches or makes, and those they are derived from."""
    rows = config.experiments
    partners = {config.partner(row, method) for row in rows for method in row.methods}
    waiting = [*(row.model for row in rows), *filter(None, partners), *config.writers]
    found: set[str] = set()
    while waiting:
        name = config.weights_of(waiting.pop())
        source = config.models[name].source
        if name in found or isinstance(source, TrainedModel):
            continue
        found.add(name)
        waiting += [source.base] if isinstance(source, DerivedModel) else []
    return sorted(found)


def _path(section: Section) -> list[str]:
    """Return the files of a section of the configuration, if it has any: its path, or below it."""
    path = getattr(section, "path", None)
    return [ancient(one) for one in getattr(section, "paths", [path])] if path else []
