"""What a source could not turn into a problem, and access to raw rows that names the field."""

from dataclasses import dataclass
from typing import Any, TypeVar

Value = TypeVar("Value")


class Skip(Exception):
    """A problem that is recognised and left out; the text is the reason that is counted."""


class MalformedRow(ValueError):
    """A row that is not of the published schema; the message names the field."""


@dataclass(frozen=True)
class Skipped:
    """A problem left out of a source."""

    item: str
    reason: str


def field(row: Any, path: str, kind: type[Value] | tuple[type, ...], default: Any = ...) -> Any:
    """Return ``row["a"]["b"]`` for the path ``a.b``, checked to be of a kind.

    Raises:
        MalformedRow: it is missing (and there is no default) or of another kind.
    """
    value = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None and default is not ...:
        return default
    if not isinstance(value, kind):
        expected = kind.__name__ if isinstance(kind, type) else kind[0].__name__
        found = "nothing" if value is None else type(value).__name__
        raise MalformedRow(f"field '{path}': expected {expected}, found {found}")
    return value
