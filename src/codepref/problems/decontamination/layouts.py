"""How programs' standard input holds arguments: layouts that read such text and write it.

A layout is a list of lines made of items, each of one argument. The layouts of arguments of given
shapes are few (a list with or without its length before it, numbers on a line of their own or in
a header, ...), so all are tried on the inputs of a problem's tests; those that read all of them
are the forms in which other arguments can be written for its solution.
"""

import ast
import itertools
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

# Of an argument: "number", "text", "list" (of numbers or of texts) or "table" (list of lists).
Shape = str
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_MOST_PERMUTED = 3  # arguments
_MOST_CASES = 10_000


class Unwritable(ValueError):
    """Arguments that a layout cannot hold, or a text that is not in it."""


def shape_of(value: Any) -> Shape | None:
    """Return an argument's shape; None if no layout can hold such a value.

    >>> shape_of(1.5), shape_of("a"), shape_of([1]), shape_of([["a"]]), shape_of({})
    ('number', 'text', 'list', 'table', None)
    """
    if type(value) in (int, float):
        return "number"
    if isinstance(value, str):
        return "text"
    if not isinstance(value, (list, tuple)):
        return None
    inner = {shape_of(item) for item in value}
    if not inner or inner in ({"number"}, {"text"}):
        return "list"
    return "table" if inner == {"list"} else None


class Item(NamedTuple):
    """What stands at a place of a line.

    ``word`` (a number, or a text without white space), ``line`` (a text up to the line's end),
    ``literal`` (as Python or JSON writes it), ``size`` (a length), ``width`` (of a table's rows),
    ``words`` (a list up to the line's end). Of several lines: ``column`` (a list, one item a
    line), ``rows`` (a table), ``counted rows`` (each with its length before it).
    """

    what: str
    argument: int
    size_of: int | None = None  # the argument whose length it has, written before it


_BLOCKS = ("column", "rows", "counted rows")


@dataclass(frozen=True)
class Layout:
    """A way to write arguments as standard input.

    Attributes:
        lines: the items of each line.
        counted: a first line says how many sets of arguments follow.
    """

    lines: tuple[tuple[Item, ...], ...]
    counted: bool

    def describe(self) -> str:
        """Return the layout for a reader, arguments counted from 1."""
        parts = [" ".join(f"{one.what} {one.argument + 1}" for one in line) for line in self.lines]
        return ("number of cases / " if self.counted else "") + " / ".join(parts)

    def read(self, text: str) -> list[list[Any]] | None:
        """Return the arguments of each case in a text, words as they stand; None: not in it."""
        lines = [line.rstrip() for line in text.split("\n")]
        while lines and not lines[-1]:
            lines.pop()
        source = iter(lines)
        try:
            count = _count(next(source, "")) if self.counted else 1
            if not 1 <= count <= min(_MOST_CASES, len(lines)):
                return None
            cases = [self._read_case(source) for _ in range(count)]
        except Unwritable:
            return None
        return cases if next(source, None) is None else None

    def _read_case(self, source: Iterator[str]) -> list[Any]:
        found: dict[int, Any] = {}
        sizes: dict[int, int] = {}
        widths: dict[int, int] = {}
        for line in self.lines:
            first = line[0]
            if first.what in _BLOCKS:
                assert first.size_of is not None
                rows = [_read_row(first, _next(source)) for _ in range(sizes[first.size_of])]
                if (width := widths.get(first.argument)) is not None:
                    _check(all(len(row) == width for row in rows))
                found[first.argument] = rows
                continue
            text = _next(source)
            words = text.split()
            for item in line:
                if item.what in ("line", "literal"):
                    _check(text == text.strip() != "")
                    value, words = text if item.what == "line" else _literal(text), []
                    found[item.argument] = value
                elif item.what == "words":
                    found[item.argument], words = words, []
                else:
                    _check(bool(words))
                    word, words = words[0], words[1:]
                    if item.what == "word":
                        found[item.argument] = word
                    else:
                        (sizes if item.what == "size" else widths)[item.argument] = _count(word)
            _check(not words)
        for item in itertools.chain(*self.lines):
            if item.size_of is not None:
                _check(len(found[item.argument]) == sizes[item.size_of])
        return [found[at] for at in range(len(found))]

    def write(self, arguments: Sequence[Any]) -> str:
        """Return one set of arguments as a program's standard input.

        Raises:
            Unwritable: the layout cannot hold them.
        """
        lines = ["1"] if self.counted else []
        for line in self.lines:
            if line[0].what in _BLOCKS:
                lines += _block(line[0], arguments)
            else:
                lines.append(" ".join(_written(item, arguments) for item in line))
        return "\n".join(lines) + "\n"


def _check(holds: bool) -> None:
    if not holds:
        raise Unwritable


def _next(source: Iterator[str]) -> str:
    line = next(source, None)
    if line is None:
        raise Unwritable
    return line


def _count(word: str) -> int:
    _check(word.isdecimal() and len(word) < 8)
    return int(word)


def _literal(text: str) -> Any:
    for parse in (json.loads, ast.literal_eval):
        try:
            return parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    raise Unwritable


def _read_row(item: Item, text: str) -> Any:
    if item.what == "column":
        _check(text == text.strip() != "")
        return text
    words = text.split()
    if item.what == "counted rows":
        _check(bool(words) and _count(words[0]) == len(words) - 1)
        return words[1:]
    return words


def _written(item: Item, arguments: Sequence[Any]) -> str:
    value = arguments[item.argument]
    if item.size_of is not None:
        _check(len(value) == len(arguments[item.size_of]))
    if item.what == "size":
        return str(len(value))
    if item.what == "width":
        _check(bool(value) and len({len(row) for row in value}) == 1)
        return str(len(value[0]))
    if item.what == "literal":
        try:
            return json.dumps(value)
        except (TypeError, ValueError) as error:
            raise Unwritable from error
    if item.what == "words":
        return " ".join(_word(one) for one in value)
    return _word(value) if item.what == "word" else _line(value)


def _block(item: Item, arguments: Sequence[Any]) -> Iterator[str]:
    value = arguments[item.argument]
    assert item.size_of is not None
    _check(len(value) == len(arguments[item.size_of]))
    for row in value:
        if item.what == "column":
            yield _line(row) if isinstance(row, str) else _word(row)
        else:
            yield " ".join(
                [*([str(len(row))] if item.what == "counted rows" else []), *map(_word, row)]
            )


def _word(value: Any) -> str:
    if isinstance(value, str):
        _check(len(value.split()) == 1 and value == value.strip())
        return value
    _check(type(value) is int or (type(value) is float and math.isfinite(value)))
    return repr(value)


def _line(value: Any) -> str:
    _check(isinstance(value, str) and value == value.strip() != "" and value.isprintable())
    return str(value)


# --- All layouts ----------------------------------------------------------------------------------


@cache
def layouts(shapes: tuple[Shape, ...]) -> tuple[Layout, ...]:
    """Return all layouts of arguments of these shapes, the most usual first."""
    orders: Iterator[tuple[int, ...]] = iter([tuple(range(len(shapes)))])
    if len(shapes) <= _MOST_PERMUTED:
        orders = itertools.permutations(range(len(shapes)))
    found = [
        Layout(tuple(map(tuple, lines)), counted)
        for order in orders
        for lines in _bodies(order, shapes)
        for counted in (False, True)
    ]
    return tuple(dict.fromkeys(found))


def _bodies(order: tuple[int, ...], shapes: tuple[Shape, ...]) -> Iterator[list[list[Item]]]:
    """Yield the lines of one case, arguments in this order."""
    texts = ("line", "sized line", "word") if "text" in shapes else ("line",)
    lists = ("sized", "bare", "inline", "column") if "list" in shapes else ("sized",)
    tables = ("rows", "wide rows", "counted rows") if "table" in shapes else ("rows",)
    for text, listed, table in itertools.product(texts, lists, tables):
        style = {"text": text, "list": listed, "table": table, "number": "word"}
        yield _one_after_the_other(order, shapes, style, joined=False)
        yield _one_after_the_other(order, shapes, style, joined=True)
        if len(order) > 1 and listed in ("sized", "column"):
            yield _with_header(order, shapes, style, shared=False)
            yield _with_header(order, shapes, style, shared=True)
    yield [[Item("literal", at)] for at in order]


def _one_after_the_other(
    order: tuple[int, ...], shapes: tuple[Shape, ...], style: dict[Shape, str], joined: bool
) -> list[list[Item]]:
    """Each argument on its own lines; numbers and words in a row may share one (``joined``)."""
    lines: list[list[Item]] = []
    words = False  # whether the last line holds single words only
    for at in order:
        how = style[shapes[at]]
        if how == "word":
            if joined and words:
                lines[-1].append(Item("word", at))
            else:
                lines.append([Item("word", at)])
            words = True
            continue
        words = False
        sizes = [Item("size", at)] + ([Item("width", at)] if how == "wide rows" else [])
        if how == "inline":
            lines.append([*sizes, Item("words", at, at)])
        elif how not in ("line", "bare"):
            lines += [sizes, [_body(shapes[at], how, at, at)]]
        else:
            lines.append([_body(shapes[at], how, at, None)])
    return lines


def _with_header(
    order: tuple[int, ...], shapes: tuple[Shape, ...], style: dict[Shape, str], shared: bool
) -> list[list[Item]]:
    """A first line with all numbers and lengths; lists may share one length (``shared``)."""
    header: list[Item] = []
    bodies: list[list[Item]] = []
    first: int | None = None  # the argument whose length is shared
    for at in order:
        how = style[shapes[at]]
        if how == "word":
            header.append(Item("word", at))
            continue
        size: int | None = at
        if how == "line":
            size = None
        elif shared and first is not None:
            size = first
        else:
            first = at
            header.append(Item("size", at))
        if how == "wide rows":
            header.append(Item("width", at))
        bodies.append([_body(shapes[at], how, at, size)])
    return [header, *bodies] if header else bodies


def _body(shape: Shape, how: str, at: int, size: int | None) -> Item:
    if shape == "text":
        return Item("line", at, size)
    if shape == "table":
        return Item("counted rows" if how == "counted rows" else "rows", at, size)
    return Item("column" if how == "column" else "words", at, size)
