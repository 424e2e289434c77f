"""Where Snakemake had its configuration from."""

from pathlib import Path
from typing import Any

from codepref.config_places import Places


def places_of(workflow: Any) -> Places:
    """Return the places of the keys of a running workflow's configuration.

    Args:
        workflow: Snakemake's.

    Raises:
        UserError: a file has a key twice (Snakemake takes the last without a word).
    """
    settings = workflow.config_settings
    given = [Path(file) for file in settings.configfiles]
    # Those that Snakefiles name lie below those of the command line, and may be missing.
    named = [Path(file) for file in workflow.configfiles if Path(file) not in given]
    return Places.read([*(file for file in named if file.exists()), *given], dict(settings.config))
