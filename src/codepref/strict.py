"""The one base of everything that is read from files and configurations, and what it says.

Unknown keys are errors everywhere: a misspelt key that silently does nothing costs hours.
"""

import difflib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo

Key = tuple[str | int, ...]
"""The way to a value: names of sections and entries, numbers of a list's entries (from 0)."""

_NAME = r"^[a-z0-9][a-z0-9_-]*(\.[0-9][a-z0-9_-]*)*$"
_LINE = r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$"
_REPOSITORY = r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9_.-]+$"
SHA256 = r"^[0-9a-f]{64}$"
LONGEST_NAME = 64
Name = Annotated[str, Field(pattern=_NAME, max_length=LONGEST_NAME)]
"""Part of file names. A dot only before a digit, so that no name ends like a file's."""
Line = Annotated[str, Field(pattern=_LINE)]
"""A label, a path: not empty, no space at its ends."""
Repository = Annotated[str, Field(pattern=_REPOSITORY)]


class Strict(BaseModel):
    """A value whose fields are all known; it never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FieldError(ValueError):
    """What a section's validator raises of one of its fields."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text)
        self.name = name


class Section(Strict):
    """A part of the configuration."""

    model_config = ConfigDict(allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _true_is_no_number(cls, values: Any) -> Any:
        """Python, and so pydantic, takes true for 1."""
        for name, value in values.items() if isinstance(values, Mapping) else ():
            entries = value if isinstance(value, list) else [value]
            if name not in cls.model_fields or not any(isinstance(one, bool) for one in entries):
                continue
            if _takes_numbers(cls.model_fields[name].annotation):
                raise FieldError(name, f"expected a number, found {_shown(value)}")
        return values


def _takes_numbers(annotation: Any) -> bool:
    """Return whether a field takes numbers (or a list of them) and neither true nor false."""
    members = {annotation, *get_args(annotation)}
    inner = {part for one in members for part in get_args(one)}
    return bool({int, float} & (members | inner)) and bool not in members


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in a configuration.

    Attributes:
        key: where.
        text: names the key, what was expected, what was found, and how to mend it.
    """

    key: Key
    text: str


def explain(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return one line per mistake: the key with its path, what was expected, what was found.

    Args:
        error: what validating ``model`` raised.
        model: gives the valid keys near an unknown one, and tells keys from tags of unions.
    """
    return [mistake.text for mistake in mistakes_of(error, model)]


def mistakes_of(error: ValidationError, model: type[BaseModel]) -> list[Mistake]:
    """Return the same with each mistake's key."""
    found = [_mistake(dict(one), model) for one in error.errors()]
    # A value that may be of several kinds has a mistake for each of them.
    by_key: dict[Key, list[str]] = {}
    for mistake in found:
        by_key.setdefault(mistake.key, []).append(mistake.text)
    return [Mistake(key, _one_of(texts)) for key, texts in by_key.items()]


def _one_of(texts: list[str]) -> str:
    """Return what was expected by one text or another, as one text."""
    parts = [re.fullmatch(r"(.*?expected )(.*)(, found .*)", text) for text in texts]
    if len(texts) > 1 and all(parts):
        matches = [part for part in parts if part]
        return f"{matches[0][1]}{' or '.join(m[2] for m in matches)}{matches[0][3]}"
    return "; ".join(texts)


def explain_record(error: ValidationError, model: type[BaseModel]) -> str:
    """Return the first mistake of a record in one line: the field, what is wrong, how many more.

    Values are not shown: a record's may be whole programs.
    """
    found, more = error.errors()[0], error.error_count() - 1
    keys, valid, _ = _walk(found["loc"], model)
    text = f"field '{'.'.join(keys)}': {found['msg']}" if keys else found["msg"]
    if found["type"] == "extra_forbidden":
        text += nearest(keys[-1], valid)
    return text + (f" ({more} more)" if more else "")


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return the end of a message: the name that was probably meant, or all that there are."""
    match = difflib.get_close_matches(name, list(valid), n=1, cutoff=0.6)
    return f"; did you mean '{match[0]}'?" if match else f"; valid: {', '.join(sorted(valid))}"


def _mistake(found: dict[str, Any], model: type[BaseModel]) -> Mistake:
    keys, valid, about = _walk(found["loc"], model)
    kind, context = found["type"], found.get("ctx", {})
    if kind == "extra_forbidden":
        key = ".".join(keys)
        return Mistake(tuple(keys), f"unknown key '{key}'{nearest(keys[-1], valid)}")
    if kind == "union_tag_invalid":
        tags = re.findall(r"'([^']*)'", context["expected_tags"])
        keys.append(context["discriminator"].strip("'"))
        text = f"expected {_either(tags)}, found '{context['tag']}'{nearest(context['tag'], tags)}"
    elif kind == "union_tag_not_found":
        tags = list(_members(_plain(about)[0])) if about is not None else []
        text = f"the key {context['discriminator']} is missing; add it: {_either(tags)}"
    elif kind == "missing":
        description = getattr(about, "description", None)
        text = f"is missing; add it ({description})" if description else "is missing; add it"
    elif kind == "value_error":
        text, value = str(context["error"]), found["input"]
        if isinstance(context["error"], FieldError):
            keys.append(context["error"].name)
        if not text.startswith("expected ") and not isinstance(value, (Mapping, list, BaseModel)):
            text += f" (found {_shown(value)})"
    else:
        text = _expectation(kind, context, found)
        if issubclass(model, Section):
            text += _advice(kind, context, found["input"])
    key = ".".join(keys)
    return Mistake(tuple(keys), f"{key}: {text}" if key else text)


def _expectation(kind: str, context: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Say what was expected instead of what was found."""
    what = _KINDS.get(kind) or _bounds(kind, context)
    if kind == "literal_error":
        texts = re.findall(r"'([^']*)'", context["expected"])
        what = _either(texts) if texts else context["expected"]
    elif kind == "string_pattern_mismatch":
        what = _pattern(context["pattern"])
    what = what or str(found["msg"]).removeprefix("Input should be ")
    return f"expected {what}, found {_shown(found['input'])}"


def _advice(kind: str, context: Mapping[str, Any], value: Any) -> str:
    """Return how to mend a setting, where more can be said than what was expected."""
    if kind == "literal_error":
        meant = nearest(str(value), re.findall(r"'([^']*)'", context["expected"]))
        return meant if "did you mean" in meant else ""
    if value is None:
        return "; give it a value or remove the key"
    if kind == "string_type" and isinstance(value, (int, float)):
        return "; put it in quotes"
    if kind == "list_type" and isinstance(value, (str, int, float)):
        return f"; write [{value}]"
    return ""


_KINDS = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "keys with values"),
    "finite_number": "a finite number",
    "string_type": "text",
    "list_type": "a list",
}
_BOUNDS = {
    "greater_than": ("more than {}", "gt"),
    "greater_than_equal": ("{} or more", "ge"),
    "less_than": ("less than {}", "lt"),
    "less_than_equal": ("{} or less", "le"),
    "too_short": ("a list with at least {} of them", "min_length"),
    "string_too_long": ("at most {} characters", "max_length"),
}


def _bounds(kind: str, context: Mapping[str, Any]) -> str:
    if kind not in _BOUNDS:
        return ""
    text, bound = _BOUNDS[kind]
    limit = context[bound]
    return text.format(f"{limit:g}" if isinstance(limit, float) else limit)


def _pattern(pattern: str) -> str:
    """Return what a text has to look like, in words."""
    if pattern == _NAME:
        return (
            "a name of small letters, digits, '_' and '-' that begins with a letter or digit (a "
            "dot only before a digit, as in qwen2.5), since it becomes part of file names"
        )
    if pattern == _LINE:
        return "one line of text"
    if pattern == _REPOSITORY:
        return "a repository of the hub, as owner/name"
    digits = re.fullmatch(r"\^\[0-9a-f\]\{(\d+)\}\$", pattern)
    return f"{digits[1]} hexadecimal digits" if digits else f"text of the form {pattern}"


def explain_name(name: str) -> str:
    """Return why a text is no ``Name``."""
    return f"expected {_pattern(_NAME)}, of at most 64 characters; found {_shown(name)}"


def _either(values: Iterable[str]) -> str:
    *others, last = [f"'{value}'" for value in values] or ["'?'"]
    return f"{', '.join(others)} or {last}" if others else last


def _shown(value: Any) -> str:
    """Return a value as a person writes it in YAML."""
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:60]}...")
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value}"
    if isinstance(value, (Mapping, BaseModel)):
        return "keys with values"
    if isinstance(value, list):
        return "an empty list" if not value else f"the list {json.dumps(value, default=str)[:60]}"
    return json.dumps(value, default=str)


def _walk(loc: tuple[int | str, ...], model: type[BaseModel]) -> tuple[list[str], list[str], Any]:
    """Follow an error's location through the model.

    Returns its keys, the last section's fields, and what the last key's value has to be.

    pydantic puts the tag of a discriminated union between the keys; nobody wrote it there.
    """
    keys: list[str] = []
    valid: list[str] = []
    here: Any = model
    for part in loc:
        if part == "[key]":  # of a mapping's key, not of its value
            return keys, valid, None
        here, tagged = _plain(here)
        if not tagged and get_origin(here) in (Union, UnionType):
            return keys, valid, None  # which of the kinds that a value may be
        if tagged and part in (members := _members(here)):
            here = members[str(part)]
            continue
        keys.append(str(part))
        if isinstance(here, type) and issubclass(here, BaseModel):
            valid = sorted(here.model_fields)
            here = here.model_fields.get(str(part))
        else:
            here = (get_args(here) or (None,))[-1]  # the values of a mapping or a list
    return keys, valid, here


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
