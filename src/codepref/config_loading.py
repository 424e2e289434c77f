"""From the values of several files to one checked configuration."""

from typing import Any

import yaml
from pydantic import ValidationError

from codepref.config import CATALOGUES, Config, catalogue_text
from codepref.config_checks import mistakes_in
from codepref.config_places import Places
from codepref.errors import UserError
from codepref.strict import Mistake, mistakes_of


def load_config(
    values: dict[str, Any], where: str = "configuration", places: Places | None = None
) -> Config:
    """Validate a configuration; what it does not say is as in ``config.yaml``, catalogues too.

    Args:
        values: of all files together.
        where: what it is, for the message.
        places: where its keys stand, for the message.

    Raises:
        UserError: lists every wrong key with file and line, what was expected, and the nearest
            valid name if it looks like a slip of the pen.
    """
    catalogues = yaml.safe_load(catalogue_text())
    given = {name: values[name] for name in CATALOGUES if isinstance(values.get(name), dict)}
    merged = {name: _merged(catalogues[name], entries) for name, entries in given.items()}
    try:
        config = Config.model_validate({**values, **merged})
    except ValidationError as error:
        found = mistakes_of(error, Config)
    else:
        found = mistakes_in(config)
        if not found:
            return config
    lines = "".join(f"\n  {_line(mistake, places or Places())}" for mistake in found)
    raise UserError(f"{where} is not valid:{lines}")


def _line(mistake: Mistake, places: Places) -> str:
    place = places.of(mistake.key)
    return f"{place}: {mistake.text}" if place else mistake.text


def _merged(values: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return ``values`` with those of ``over``, mappings merged, as Snakemake merges overlays."""
    nested = {
        key: _merged(values[key], over[key])
        for key in values.keys() & over.keys()
        if isinstance(values[key], dict) and isinstance(over[key], dict)
    }
    return values | over | nested
