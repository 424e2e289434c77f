"""The forms of standard input that a problem's tests show, for arguments that are like theirs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codepref.problems.decontamination.layouts import (
    INTEGER,
    NUMBER,
    Layout,
    Shape,
    Unwritable,
    layouts,
    shape_of,
)

_TESTS = 20  # of a problem: the shortest show what its input looks like
_LONGEST = 20_000  # characters of an input that is looked at


@dataclass(frozen=True)
class _Shown:
    """What the tests show of one argument: programs need not be ready for anything else."""

    numbers: str  # "int", "float"; "": not all parts of it are numbers
    negative: bool
    spaces: bool
    empty: bool

    def is_like(self, value: Any) -> bool:
        """Tell whether a value is of the kind shown."""
        parts = list(_parts(value))
        if not parts:
            return self.empty
        return all(self._is_like(part) for part in parts)

    def _is_like(self, part: Any) -> bool:
        if isinstance(part, str):
            pattern = {"int": INTEGER, "float": NUMBER}.get(self.numbers)
            if pattern is not None and not pattern.fullmatch(part):
                return False
            return (self.spaces or not any(map(str.isspace, part))) and (
                self.negative or self.numbers == "" or not part.startswith("-")
            )
        if not self.numbers or (self.numbers == "int" and type(part) is not int):
            return False
        return self.negative or part >= 0


@dataclass(frozen=True)
class Form:
    """A layout that reads all inputs of a problem's tests, and what these show."""

    layout: Layout
    shapes: tuple[Shape, ...]
    shown: tuple[_Shown, ...]

    def ask(self, arguments: Sequence[Any]) -> str:
        """Return arguments as standard input.

        Raises:
            Unwritable: the form cannot hold them, or the tests show none that are like them.
        """
        if tuple(map(shape_of, arguments)) != self.shapes:
            raise Unwritable
        if not all(s.is_like(one) for s, one in zip(self.shown, arguments, strict=True)):
            raise Unwritable
        return self.layout.write(arguments)


def forms_of(inputs: Iterable[str], shapes: Iterable[tuple[Shape, ...]]) -> list[Form]:
    """Return the forms of arguments of any of these shapes that all inputs have."""
    shortest = sorted((text for text in inputs if len(text) <= _LONGEST), key=len)[:_TESTS]
    found = []
    for kinds in shapes:
        for layout in layouts(kinds):
            cases: list[list[Any]] = []
            for text in shortest:
                read = layout.read(text)
                if read is None:
                    break
                cases += read
            else:
                columns = list(zip(*cases, strict=True))
                if all(map(_have, kinds, columns)) and not _is_length(kinds, columns):
                    found.append(Form(layout, kinds, tuple(map(_shown, columns))))
    return found


def converted(value: Any, kind: str) -> Any:
    """Return what was read at an argument's place as a value of its kind.

    Raises:
        ValueError: it is none.
    """
    if kind.startswith("list"):
        if not isinstance(value, (list, tuple)):
            raise ValueError("not a list")
        return [converted(one, kind[5:-1] or "Any") for one in value]
    if kind == "str" or not isinstance(value, str):
        return value
    if INTEGER.fullmatch(value):
        return int(value)
    return float(value) if kind == "float" or NUMBER.fullmatch(value) else value


def _have(kind: Shape, column: Sequence[Any]) -> bool:
    """Tell whether what was read can have this shape: words that are no numbers cannot be some."""
    if kind == "number":
        return all(not isinstance(one, str) or NUMBER.fullmatch(one) for one in column)
    wanted = {"text": str, "list": list, "table": list}[kind]
    return all(isinstance(one, wanted) for one in column)


def _is_length(kinds: tuple[Shape, ...], columns: Sequence[Sequence[Any]]) -> bool:
    """Tell whether what was read as a number is the length of a list in every case."""
    numbers = [columns[at] for at, kind in enumerate(kinds) if kind == "number"]
    sized = [columns[at] for at, kind in enumerate(kinds) if kind != "number"]
    return any(
        all(str(number) == str(len(value)) for number, value in zip(one, other, strict=True))
        for one in numbers
        for other in sized
    )


def _shown(column: Sequence[Any]) -> _Shown:
    parts = [part for one in column for part in _parts(one)]
    words = [part if isinstance(part, str) else repr(part) for part in parts]
    patterns = (("int", INTEGER), ("float", NUMBER))
    return _Shown(
        numbers=next((n for n, p in patterns if words and all(map(p.fullmatch, words))), ""),
        negative=any(word.startswith("-") for word in words),
        spaces=any(any(map(str.isspace, word)) for word in words),
        empty=any(not list(_parts(one)) for one in column),
    )


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _parts(item)
    elif value != "":
        yield value
