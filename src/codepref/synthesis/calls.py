"""Calls of a function with plain values in a model's text, and the answers stated beside them.

``f([1, 2], k=3) == 5``, ``>>> f("a")`` with the answer on the next line, ``f(1) returns 2``.
Nothing of the text is run. Each call is looked at once and not further than ``_LONGEST``
characters, so that the time is in proportion to the text's length.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codepref import values

_LONGEST = 2_000  # characters of a call or a value
_MOST = 200  # calls of a text
_OPEN, _CLOSE = "([{", ")]}"
_RESULT = re.compile(
    r"[ \t`]*(?:={1,3}>?|-{1,2}>|→|#[ \t]*(?:=>|->|[Rr]eturns?|[Oo]utput|[Ee]xpected)?:?"
    r"|(?:should |must )?(?:returns?|be|equals?|gives?|is)(?: equal to)?:?|[Oo]utput:?)[ \t`]*"
)
_NEXT_LINE = re.compile(r"[ \t`]*\n[ \t]*(?:return )?(?=\S)")
_OUTPUT_LINE = re.compile(r"[ \t`]*\n[ \t#*-]*[Oo]utput:[ \t`*]*")
_WORD = re.compile(r"(?:[-+]?\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?|True|False|None)(?!\w)")


@dataclass(frozen=True)
class Call:
    """A call with plain values.

    Attributes:
        arguments: by position, as in a test's input (tagged JSON).
        stated: whether an answer stands beside it.
        answer: that answer (tagged JSON).
        start, end: where in the text the call and its answer are.
    """

    arguments: list[Any]
    stated: bool
    answer: Any
    start: int
    end: int


def calls_in(text: str, name: str, parameters: Sequence[str]) -> Iterator[Call]:
    """Yield the calls of ``name`` in a text that have a plain value for each parameter.

    Calls with variables, expressions or another number of arguments are passed over, and so are
    values that a test cannot hold.
    """
    places = re.finditer(rf"(?<![\w.]){re.escape(name)}[ \t]*\(", text)
    for match, _ in zip(places, range(_MOST), strict=False):
        end = _end_of_value(text, match.end() - 1)
        arguments = _arguments(text[match.start() : end], parameters) if end else None
        if arguments is None:
            continue
        before = text[max(0, match.start() - 80) : match.start()]
        printed = before.endswith("print(") and text[end : end + 1] == ")"
        place = _answer(text, end + printed, bool(re.search(r">>>[ \t]*$", before)))
        if place is None:
            yield Call(arguments, False, None, match.start(), end)
        else:
            yield Call(arguments, True, place[0], match.start(), place[1])


def _answer(text: str, start: int, doctest: bool) -> tuple[Any, int] | None:
    """Return the answer that stands behind a call, and where it ends."""
    ways = [_RESULT, _OUTPUT_LINE, *([_NEXT_LINE] if doctest else [])]
    for found in filter(None, (way.match(text, start) for way in ways)):
        end = _end_of_value(text, found.end())
        try:
            return _plain(_tree(text[found.end() : end])), end
        except ValueError:
            continue
    return None


def _end_of_value(text: str, start: int) -> int:
    """Return where a bracketed value, a text or a word that begins at a place ends; 0: nowhere."""
    if text[start : start + 1] not in ("(", "[", "{", "'", '"'):
        found = _WORD.match(text, start)
        return found.end() if found and found.end() - start <= _LONGEST else 0
    closing: list[str] = []
    position, last = start, min(len(text), start + _LONGEST)
    while position < last:
        letter = text[position]
        if letter in "'\"":
            position = _end_of_text(text, position, last)
            if not position:
                return 0
        else:
            position += 1
            if letter in _OPEN:
                closing.append(_CLOSE[_OPEN.index(letter)])
            elif letter in _CLOSE and (not closing or closing.pop() != letter):
                return 0
        if not closing:
            return position
    return 0


def _end_of_text(text: str, start: int, last: int) -> int:
    quote, position = text[start], start + 1
    while position < last and text[position] not in (quote, "\n"):
        position += 2 if text[position] == "\\" else 1
    return position + 1 if position < last and text[position] == quote else 0


def _arguments(call: str, parameters: Sequence[str]) -> list[Any] | None:
    try:
        node = _tree(call)
        if not isinstance(node, ast.Call):
            return None
        named = {one.arg: _plain(one.value) for one in node.keywords}
        given = [_plain(one) for one in node.args]
    except ValueError:
        return None
    left = list(parameters[len(given) :])
    if len(given) > len(parameters) or sorted(map(str, named)) != sorted(left):
        return None
    return given + [named[name] for name in left]


def _tree(text: str) -> ast.expr:
    """Return an expression's syntax tree.

    Raises:
        ValueError: it is none, or nested too deep.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ValueError("no expression") from error


def _plain(node: ast.expr) -> Any:
    """Return a literal in tagged JSON.

    Raises:
        ValueError: it is none, or a test cannot hold it.
    """
    try:
        return values.encode(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        raise ValueError("no plain value") from error
