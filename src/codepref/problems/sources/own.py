"""Problem records of one's own: JSON lines, or JSON over as many lines as one likes."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from codepref.errors import UserError
from codepref.files import parse_record
from codepref.problems.mistakes import mistakes
from codepref.problems.sources.lines import numbered_lines
from codepref.records import Problem

_EXPECTED = "problem records (JSON, one on each line)"
_SPACE = re.compile(r"[ \t\r\n]*+")
_SHOWN = 10  # mistakes of a file
_SHOWN_OF_ONE = 3  # of a problem


def own_problems(path: str | Path) -> Iterator[tuple[str, Problem]]:
    """Yield a file's problems, each with its place (``file:line``).

    The file is JSONL (blank lines, CRLF and a byte order mark do not count), also packed with gzip;
    or JSON over several lines: a list of records, or one record behind the other. Behind a mistake
    no problem is yielded any more: the rest is read to tell all mistakes at once.

    Raises:
        UserError: the file cannot be read, is empty, or holds mistakes (each with file and line).
    """
    path = Path(path)
    found: list[str] = []
    places: dict[str, str] = {}
    for line, value in _values(path):
        where = f"{path}:{line}"
        try:
            problem = _problem(value, where)
            if problem.id in places:
                raise UserError(
                    f"{where}: the problem id '{problem.id}' is already at {places[problem.id]}; "
                    "give each problem its own"
                )
            places[problem.id] = where
            if not found:
                yield where, problem
        except UserError as error:
            found.append(str(error))
    if found:
        more = [f"(and {len(found) - _SHOWN} more)"] if len(found) > _SHOWN else []
        raise UserError("\n  ".join(found[:_SHOWN] + more))


def own_records(path: str | Path) -> int:
    """Return how many records a file has, right or wrong; at least one.

    Raises:
        UserError: the file cannot be read, or is empty.
    """
    return max(1, sum(1 for _ in _values(Path(path))))


@dataclass(frozen=True)
class _NoValue:
    """What stands where a JSON value should, and why it is none."""

    why: str


def _problem(value: Any, where: str) -> Problem:
    """Return a JSON value as a problem without mistakes."""
    if isinstance(value, _NoValue):
        raise UserError(f"{where}: {value.why}")
    if not isinstance(value, dict):
        raise UserError(f"{where}: a record is a JSON object, in braces; this is something else")
    problem = parse_record(json.dumps(value), Problem, where)
    if wrong := mistakes(problem):
        more = len(wrong) - _SHOWN_OF_ONE
        told = "; ".join(wrong[:_SHOWN_OF_ONE]) + (f" ({more} more)" if more > 0 else "")
        raise UserError(f"{where}: problem '{problem.id}': {told}")
    return problem


# --- JSON -----------------------------------------------------------------------------------------


def _values(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield the file's JSON values with the lines that they begin on."""
    lines = numbered_lines(path, _EXPECTED)
    head: list[tuple[int, bytes]] = []
    full: list[bytes] = []
    for number, line in lines:
        head.append((number, line))
        full += [line] if line.strip() else []
        if len(full) == 2:
            break
    if not full:
        raise UserError(f"{path}:1: the file is empty; expected {_EXPECTED}")
    # With a mistake on its first line a file of JSON lines is still one.
    if not full[0].lstrip().startswith(b"[") and any(_is_object(line) for line in full):
        yield from _one_by_line(chain(head, lines))
    else:
        yield from _over_lines(chain(head, lines))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _one_by_line(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Any]]:
    for number, line in lines:
        if line.strip():
            text = _text(line)
            yield number, text if isinstance(text, _NoValue) else _value(text)


def _value(text: str) -> Any:
    try:
        value, end = _decode(text, _behind_space(text, 0))
    except _NotJson as error:
        return _NoValue(error.why)
    if _behind_space(text, end) < len(text):
        return _NoValue("there is more on the line than one record; give each a line of its own")
    return value


def _over_lines(lines: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, Any]]:
    """Yield the values of a file whose records go over several lines; a mistake ends it."""
    parts: list[str] = []
    for number, line in lines:
        text = _text(line)
        if isinstance(text, _NoValue):
            yield number, text
            return
        parts.append(text)
    text = "".join(parts)
    counted, line_number = 0, 1
    values = _of_list(text) if text.lstrip().startswith("[") else _in_a_row(text)
    try:
        for start, value in values:
            line_number += text.count("\n", counted, start)
            counted = start
            yield line_number, value
    except _NotJson as error:
        yield 1 + text.count("\n", 0, error.place), _NoValue(error.why)


def _in_a_row(text: str) -> Iterator[tuple[int, Any]]:
    start = _behind_space(text, 0)
    while start < len(text):
        value, end = _decode(text, start)
        yield start, value
        start = _behind_space(text, end)
        if text[start : start + 1] == ",":
            raise _NotJson("a comma stands behind the record; delete it on each line", start)


def _of_list(text: str) -> Iterator[tuple[int, Any]]:
    start = _behind_space(text, text.index("[") + 1)
    while text[start : start + 1] != "]":
        value, end = _decode(text, start)
        yield start, value
        start = _behind_space(text, end)
        if text[start : start + 1] == ",":
            comma, start = start, _behind_space(text, start + 1)
            if text[start : start + 1] == "]":
                raise _NotJson(_TRAILING_COMMA, comma)
        elif text[start : start + 1] != "]":
            raise _NotJson("the list of records goes on without a comma, or does not end", start)
    if _behind_space(text, start + 1) < len(text):
        raise _NotJson("there is more behind the list of records", start + 1)


class _NotJson(Exception):
    """Why a text is no JSON value, and the character where that shows."""

    def __init__(self, why: str, place: int) -> None:
        super().__init__(why)
        self.why, self.place = why, place


def _text(line: bytes) -> str | _NoValue:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as error:
        return _NoValue(f"not UTF-8 text (byte {error.start + 1} of the line); save it as UTF-8")


def _behind_space(text: str, start: int) -> int:
    found = _SPACE.match(text, start)
    assert found is not None
    return found.end()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key '{twice}' occurs twice in one object")
    return found


def _no_number(name: str) -> float:
    short = name.lower().replace("infinity", "inf")
    raise ValueError(f'{name} is not JSON; write {{"$float": "{short}"}}')


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise ValueError(f"the number {text} is beyond what a float holds")
    return value


_READER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_number, parse_float=_finite
)
_TRAILING_COMMA = "not JSON: a comma stands before a closing bracket; delete it"


def _decode(text: str, start: int) -> tuple[Any, int]:
    """Return the JSON value that begins at a place, and where it ends.

    Raises:
        _NotJson: there is none, or it holds a key twice or a number that is none.
    """
    try:
        return _READER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        column = error.pos - text.rfind("\n", 0, error.pos)
        hint = _hint(text, error.pos)
        raise _NotJson(hint or f"not JSON: {error.msg} (column {column})", error.pos) from error
    except RecursionError as error:
        raise _NotJson("a value is nested too deep", start) from error
    except ValueError as error:
        why = str(error)
        if "integer string conversion" in why:
            why = 'a number has thousands of digits; write {"$int": "0x..."}'
        raise _NotJson(why, start) from error


def _hint(text: str, place: int) -> str:
    """Return what is wrong where it is one of the usual mistakes."""
    # From Python 3.13 on the place is that of the comma.
    near, before = text[place : place + 20].lstrip(" \t\r\n,"), text[:place].rstrip()
    if near[:1] in ("}", "]") and (before.endswith(",") or text[place] == ","):
        return _TRAILING_COMMA
    if near.startswith("'"):
        return "not JSON: texts stand in double quotes, not in single ones"
    if match := re.match(r"None|True|False", near):
        json_word = {"None": "null", "True": "true", "False": "false"}[match.group()]
        return f"not JSON: write {json_word} instead of {match.group()}"
    if near.startswith(("//", "/*", "#")):
        return "not JSON: it has no comments; delete them"
    return "" if text[place:].strip() else "not JSON: the record does not end; the file is cut off"
