"""Gives inputs back what changes of them break: order, shape, sizes that belong together.

What a contract wants of several places at once (a square, a permutation, two lists of one length)
hardly ever comes by chance: without this such inputs would only be the given ones, rearranged.
"""

import itertools
import random
from typing import Any

from codepref.problems.sharpening.contract import Contract
from codepref.problems.sharpening.input_facts import Fact, in_order


def restore(contract: Contract, arguments: list[Any], chance: random.Random) -> None:
    """Change an input in place to what its contract wants, as far as that is simple to say."""
    for number, value in enumerate(arguments):
        facts = contract.facts_at((number,))
        if isinstance(value, list) and number in contract.trees:
            arguments[number] = _renumbered(value, facts)
        elif isinstance(value, list):
            arguments[number] = _shaped(value, facts, chance)
        elif isinstance(value, str) and ("palindrome",) in facts:
            arguments[number] = _mirrored(value)
    for number, other in itertools.combinations(range(len(arguments)), 2):
        _rearrange(contract, arguments, number, other, chance)
        _cut(contract, arguments, number, other)
    for number, value in enumerate(arguments):
        for other, items in enumerate(arguments):
            if type(value) is int and isinstance(items, (list, str)):
                value = _followed(contract, number, other, len(items), value)
        arguments[number] = value


def _shaped(items: list[Any], facts: set[Fact], chance: random.Random) -> list[Any]:
    if items and all(isinstance(row, list) for row in items):
        items = _table(items, facts, chance)
    start = next((fact[1] for fact in facts if fact[0] == "permutation from"), None)
    if start is not None:
        places = sorted(range(len(items)), key=lambda place: (repr(items[place]), chance.random()))
        items = [places.index(place) + start for place in range(len(items))]
    elif ("distinct",) in facts:
        items = _different(items)
    if ("palindrome",) in facts:
        items = _mirrored(items)
    for name, down in (("ascending", False), ("descending", True)):
        if (name,) in facts and all(type(item) in (int, float) for item in items):
            items = sorted(items, reverse=down)
    return items


def _different(items: list[Any]) -> list[Any]:
    """Return a list without repetitions: numbers are counted up, others are left out."""
    found: dict[str, Any] = {}
    for item in items:
        while type(item) is int and repr(item) in found:
            item += 1
        found.setdefault(repr(item), item)
    return list(found.values())


def _table(rows: list[list[Any]], facts: set[Fact], chance: random.Random) -> list[Any]:
    if {("connected",), ("forest",)} <= facts:
        return _tree(rows, chance)
    if ("triangle",) in facts:
        long_enough = itertools.takewhile(lambda pair: len(pair[1]) > pair[0], enumerate(rows))
        return [row[: i + 1] for i, row in long_enough]
    if ("rectangle",) in facts or ("square",) in facts:
        width = min(map(len, rows))
        if ("square",) in facts:
            width = min(width, len(rows))
            rows = rows[:width]
        rows = [row[:width] for row in rows]
    if ("symmetric",) in facts:
        for i, j in itertools.combinations(range(min(len(rows), *map(len, rows))), 2):
            rows[j][i] = rows[i][j]
    return rows


def _tree(rows: list[list[Any]], chance: random.Random) -> list[list[Any]]:
    """Return as many rows, whose first two columns are the edges of a tree."""
    ends = [end for row in rows for end in row[:2]]
    if min(map(len, rows)) < 2 or not all(type(end) is int for end in ends):
        return rows
    names = list(range(len(rows) + 1))
    chance.shuffle(names)
    first = min(min(ends), 1)
    edges = [(names[chance.randrange(i)], names[i]) for i in range(1, len(names))]
    return [[a + first, b + first, *row[2:]] for (a, b), row in zip(edges, rows, strict=True)]


def _renumbered(levels: list[Any], facts: set[Fact]) -> list[Any]:
    """Return a tree of the same form: a search tree, or with distinct numbers, if it has to be."""
    while levels and levels[-1] is None:
        levels = levels[:-1]
    order = in_order(levels) if ("search tree",) in facts else range(len(levels))
    places = [place for place in order or () if type(levels[place]) is int]
    numbers = [levels[place] for place in places]
    if ("search tree",) in facts:
        numbers.sort()
    if ("distinct nodes",) in facts and len({*numbers}) < len(numbers):
        numbers.sort()
        numbers = list(itertools.accumulate(numbers, lambda last, n: max(last + 1, n)))
    levels = list(levels)
    for place, number in zip(places, numbers, strict=True):
        levels[place] = number
    return levels


def _mirrored(value: Any) -> Any:
    half = value[: (len(value) + 1) // 2]
    return half + half[: len(value) // 2][::-1]


def _rearrange(
    contract: Contract, arguments: list[Any], number: int, other: int, chance: random.Random
) -> None:
    """Make one text or list the other's members in another order, where it always was."""
    one = arguments[number]
    wanted = (number, "is a permutation of", other) in contract.facts
    if wanted and isinstance(one, (list, str)) and type(one) is type(arguments[other]):
        members = list(one)
        chance.shuffle(members)
        arguments[other] = "".join(members) if isinstance(one, str) else members


def _cut(contract: Contract, arguments: list[Any], number: int, other: int) -> None:
    """Cut the longer of two lists or texts that always have one length."""
    one, two = arguments[number], arguments[other]
    wanted = ((number, "length"), "=", (other, "length")) in contract.facts
    if wanted and all(isinstance(value, (list, str)) for value in (one, two)):
        size = min(len(one), len(two))
        arguments[number], arguments[other] = one[:size], two[:size]


def _followed(contract: Contract, number: int, other: int, length: int, value: int) -> int:
    """Return a number that is a list's length again, where it always was."""
    mine, theirs = (number, "value"), (other, "length")
    for name, opposite, change in (("=", "=", 0), ("one below", "one above", -1),
                                   ("one above", "one below", 1)):  # fmt: skip
        if (mine, name, theirs) in contract.facts or (theirs, opposite, mine) in contract.facts:
            return length + change
    return value
