"""The one base of everything that is read from files and configurations, and what it says.

Unknown keys are errors everywhere: a misspelt key that silently does nothing costs hours.
"""

import difflib
from collections.abc import Iterable
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]


class Strict(BaseModel):
    """A value whose fields are all known; it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Section(Strict):
    """A part of the configuration."""


def explain(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return one line per mistake: the key with its path, what was expected, what was found.

    Args:
        error: what validating ``model`` raised.
        model: gives the valid keys near an unknown one, and tells keys from tags of unions.
    """
    return [_mistake(dict(found), model) for found in error.errors()]


def explain_record(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first mistake of a record in one line: the field, what is wrong, how many more.

    Values are not shown: a record's may be whole programs.
    """
    found, more = error.errors()[0], error.error_count() - 1
    keys, valid = _walk(found["loc"], model)
    text = f"field '{'.'.join(keys)}': {found['msg']}" if keys else found["msg"]
    if found["type"] == "extra_forbidden":
        text += nearest(keys[-1], valid)
    return text + (f" ({more} more)" if more else "")


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the end of a message: the name that was probably meant, or all that there are."""
    match = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return f"; did you mean '{match[0]}'?" if match else f"; valid: {', '.join(sorted(valid))}"


def _mistake(found: dict[str, Any], model: type[BaseModel]) -> str:
    keys, valid = _walk(found["loc"], model)
    key = ".".join(keys)
    if found["type"] == "extra_forbidden":
        return f"unknown key '{key}'{nearest(keys[-1], valid)}"
    message = found["msg"].removeprefix("Value error, ")
    if not key:
        return message
    if found["type"] == "missing" or isinstance(found["input"], (dict, BaseModel)):
        return f"{key}: {message}"
    return f"{key}: {message} (found {found['input']!r})"


def _walk(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[list[str], list[str]]:
    """Follow an error's location through the model; return its keys and the last section's fields.

    pydantic puts the tag of a discriminated union between the keys; nobody wrote it there.
    """
    keys: list[str] = []
    valid: list[str] = []
    here: Any = model
    for part in loc:
        here, tagged = _plain(here)
        if tagged and part in (members := _members(here)):
            here = members[str(part)]
            continue
        keys.append(str(part))
        if isinstance(here, type) and issubclass(here, BaseModel):
            valid = sorted(here.model_fields)
            here = here.model_fields.get(str(part))
        else:
            here = (get_args(here) or (None,))[-1]  # the values of a mapping or a list
    return keys, valid


def _plain(annotation: Any) -> tuple[Any, bool]:
    """Return an annotation without wrapping, and whether it is a union that a key decides."""
    tagged = False
    while True:
        if isinstance(annotation, FieldInfo):
            tagged |= annotation.discriminator is not None
            annotation = annotation.annotation
        elif get_origin(annotation) is Annotated:
            annotation, *marks = get_args(annotation)
            tagged |= any(getattr(mark, "discriminator", None) for mark in marks)
        elif not tagged and type(None) in get_args(annotation):
            annotation = next(part for part in get_args(annotation) if part is not type(None))
        else:
            return annotation, tagged


def _members(union: Any) -> dict[str, Any]:
    """Return the members of a union by the tags of their field ``kind``."""
    return {
        tag: member
        for member in get_args(union)
        for tag in get_args(member.model_fields["kind"].annotation)
    }


def literal_values(section: type[Section], field: str) -> tuple[str, ...]:
    """Return what a field of a ``Literal`` type may be."""
    annotation = section.model_fields[field].annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()
