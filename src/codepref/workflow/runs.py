"""Where a run's files lie that a plan reads."""

from pathlib import Path

from codepref.config import Config
from codepref.models.settings import FolderModel, HubModel
from codepref.planning.architecture import Architecture, architecture_of
from codepref.planning.costs import Costs

PREFLIGHT = Path("results/preflight/throughput.json")
"""what the GPUs of this site did (``make preflight``)"""


def run_folder(config: Config) -> Path:
    """Return the folder of a run."""
    return Path("results") / config.run


def architectures(config: Config, costs: Costs) -> dict[str, Architecture]:
    """Return the sizes of a run's models: fetched ones, folders, and those of known names."""
    found = {}
    for name in {experiment.model for experiment in config.experiments}:
        source = config.models[name].source
        folder = run_folder(config) / "models" / config.weights_of(name)
        if isinstance(source, FolderModel):
            folder = Path(source.path)
        if (folder / "config.json").exists():
            found[name] = architecture_of(folder)
        elif isinstance(source, HubModel) and source.repo in costs.architectures:
            found[name] = costs.architectures[source.repo]
    return dict(sorted(found.items()))
