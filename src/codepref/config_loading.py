"""From the values of several files to one checked configuration."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from codepref.config import CATALOGUES, Config, catalogue_text
from codepref.config_checks import mistakes_in
from codepref.config_places import Places
from codepref.config_rounds import with_rounds
from codepref.errors import UserError
from codepref.strict import Key, Mistake, mistakes_of


def load_config(
    values: Mapping[str, Any], where: str = "configuration", places: Places | None = None
) -> Config:
    """Validate a configuration; what it does not say is as in ``config.yaml``, entry by entry.

    Args:
        values: of all files together.
        where: what it is, for the message.
        places: where its keys stand, for the message.

    Raises:
        UserError: lists every wrong key with file and line, what was expected, and the nearest
            valid name if it looks like a slip of the pen.
    """
    found = list(_odd_keys((), values))
    try:
        config = Config.model_validate(_merged(_defaults(), values)) if not found else None
    except ValidationError as error:
        found = [_with_hint(mistake) for mistake in mistakes_of(error, Config)]
    else:
        found = mistakes_in(config) if config else found
        if config and not found:
            config = with_rounds(config)
            found = mistakes_in(config)
            if not found:
                return config
    lines = "".join(f"\n  {_line(mistake, places or Places())}" for mistake in found)
    raise UserError(f"{where} is not valid:{lines}")


@functools.cache
def _defaults() -> Mapping[str, Any]:
    """Return what ``config.yaml`` says."""
    settings = Config().model_dump(mode="json", exclude=set(CATALOGUES))
    return {**settings, **yaml.safe_load(catalogue_text())}


def _merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``values`` with those of ``over``, mappings merged, as Snakemake merges overlays."""
    nested = {
        key: _merged(values[key], over[key])
        for key in values.keys() & over.keys()
        if isinstance(values[key], Mapping) and isinstance(over[key], Mapping)
    }
    return {**values, **over, **nested}


def _odd_keys(key: Key, value: Any) -> Iterator[Mistake]:
    """Find keys that are no texts."""
    where = f"{'.'.join(map(str, key))}: " if key else ""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(name, str):
                yield from _odd_keys((*key, name), inner)
            else:
                found = str(name).lower()
                so = "; YAML reads no, off, yes and on so" if isinstance(name, bool) else ""
                text = f"{where}expected text as a key, found {found}{so}: put it in quotes"
                yield Mistake(key, text)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _odd_keys((*key, number), inner)


def _with_hint(mistake: Mistake) -> Mistake:
    """Say where an unknown key comes from if the reader's own files have none such."""
    here: Any = _defaults()
    for part in mistake.key:
        if not isinstance(here, Mapping) or part not in here:
            return mistake
        here = here[part]
    if mistake.text.startswith("unknown key"):
        hint = f"; it is of the entry '{mistake.key[1]}' of config.yaml, which yours is merged with"
        return Mistake(mistake.key, f"{mistake.text}{hint}: give yours another name")
    return mistake


def _line(mistake: Mistake, places: Places) -> str:
    place = places.of(mistake.key)
    return f"{place}: {mistake.text}" if place else mistake.text
