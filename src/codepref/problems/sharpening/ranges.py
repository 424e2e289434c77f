"""The ranges that a statement gives: of numbers, of the elements of lists, and of lengths."""

import itertools
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from codepref.records import Problem

Place = tuple[int | str, ...]
"""a parameter's number, ``"*"`` for each index behind its name, and ``"length"`` for its length"""

_NAME = r"(?<![\w.\]])[a-zA-Z_]\w*(?:\[\w+\])*(?:\.length|\.size\(\))?"
_FACTOR = r"\d{1,18}(?:\s*(?:\^|\*\*)\s*\d{1,2})?"
_NUMBER = rf"(-?{_FACTOR}(?:\s*\*\s*{_FACTOR})*)"
_RANGE = re.compile(rf"{_NUMBER}\s*(?:<=|≤)\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*(?:<=|≤)\s*{_NUMBER}")
# "The number of nodes in each linked list is in the range [1, m * n]."
HOW_MANY_NODES = re.compile(
    r"number of (?:the )?nodes in .*?(list|tree)s? (?:is|will be)(?: in)? the range "
    r"\[([^\],]+), ([^\]]+)\]"
)
_OF_NODES = re.compile(rf"{_NUMBER}\s*(?:<=|≤)\s*Node\.val\s*(?:<=|≤)\s*{_NUMBER}")
_EQUAL = re.compile(rf"({_NAME}(?:\s*==\s*{_NAME})+)(?!\w|\s*[-+*/%\[.(])")


def stated_ranges(problem: Problem) -> dict[Place, tuple[float, float]]:
    """Return the ranges that a statement gives for parameters, by place.

    What is said of ``n`` holds for ``nums.length`` where ``n == nums.length`` is said, too.
    """
    numbers = {name: i for i, name in enumerate(problem.parameters or [])}
    text = "\n".join([problem.statement, problem.input_format, problem.notes])
    alike = _equal_names(text)
    found: dict[Place, tuple[float, float]] = {}
    for match in _RANGE.finditer(text):
        low, high = _value(match[1]), _value(match[3])
        for name in re.split(r"\s*,\s*", match[2]):
            for one in sorted(alike.get(name, {name}), key=lambda other: other != name):
                place = _place(one, numbers)
                if place and (one == name or place not in found):
                    found[place] = low, high
    return found | _of_nodes(problem, text)


def _of_nodes(problem: Problem, text: str) -> dict[Place, tuple[float, float]]:
    """Return the ranges of values in nodes, and of how long lists of nodes are."""
    found: dict[Place, tuple[float, float]] = {}
    for i, kind in enumerate(problem.parameter_types or []):
        if kind in ("ListNode", "TreeNode") and (values := _OF_NODES.search(text)):
            found[i, "*"] = _value(values[1]), _value(values[2])
        how_many = HOW_MANY_NODES.search(text) if kind == "ListNode" else None
        if how_many and all(re.fullmatch(_NUMBER, side) for side in how_many.groups()[1:]):
            found[i, "length"] = _value(how_many[2]), _value(how_many[3])
    return found


def may_vary(stated: Mapping[Place, tuple[float, float]], place: Sequence[int | str]) -> bool:
    """Tell whether a statement gives the lists or texts at a place several lengths."""
    low, high = stated.get((*place, "length"), (0, 0))
    return low < high


def _equal_names(text: str) -> Mapping[str, set[str]]:
    """Return by name all names and lengths that the text calls equal to it, itself included."""
    alike: dict[str, set[str]] = defaultdict(set)
    for match in _EQUAL.finditer(text):
        if re.search(r"[-+*/%]\s*$", text[: match.start()]):  # of a sum or a product
            continue
        names = re.split(r"\s*==\s*", match[1])
        together = set(itertools.chain(names, *(alike[name] for name in names)))
        for name in together:
            alike[name] = together
    return alike


def _place(name: str, numbers: Mapping[str, int]) -> Place | None:
    base = re.match(r"\w+", name)
    if not base or base[0] not in numbers:
        return None
    inside = ("*",) * name.count("[")
    return (numbers[base[0]], *inside, *(["length"] if "." in name else []))


def _value(text: str) -> float:
    """Return what ``2 * 10^4`` is worth."""
    sign, text = (-1, text[1:]) if text.startswith("-") else (1, text)
    product: Any = sign
    for factor in re.split(r"(?<!\*)\*(?!\*)", text.replace(" ", "")):
        base, *power = re.split(r"\^|\*\*", factor)
        product *= int(base) ** (int(power[0]) if power else 1)
    return product
