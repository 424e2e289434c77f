"""Small inputs made from nothing: short lists, numbers close together, few different letters.

Most wrong programs are wrong on some small input: one element, all elements alike, the least values
that are allowed. Small changes of a problem's examples seldom come there.
"""

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any

from codepref.problems.sharpening.contract import Contract, Path
from codepref.problems.sharpening.mutate import allowed

_LONGEST = 6
"""members or letters more than the shortest that is allowed"""
_SPREADS = (1, 2, 4, 9)
"""between the numbers of one input"""
_MOST_LETTERS = 3
"""different ones, of one input"""


class SmallInputs:
    """Makes small inputs that a contract allows.

    Args:
        inputs: decoded arguments, by position; what is no number, text or list is taken from them.
        contract: of these inputs.
        seed: equal seeds give equal inputs.
    """

    def __init__(self, inputs: Sequence[list[Any]], contract: Contract, seed: int) -> None:
        self._contract = contract
        self._random = random.Random(seed)
        self._given = inputs
        self._spread = self._length = 0
        self._texts: list[str] = []

    def new_inputs(self, attempts: int) -> Iterator[list[Any]]:
        """Return inputs that differ from each other and from the given ones."""
        return allowed(self._contract, self._given, self._input, attempts, self._random)

    def _input(self) -> list[Any]:
        """Return arguments of one spread and, mostly, of one length."""
        self._spread = self._random.choice(_SPREADS)
        self._length = self._random.randint(0, _LONGEST)
        self._texts = []
        return [self._value((number,)) for number in range(len(self._given[0]))]

    def _value(self, path: Path) -> Any:
        kinds = sorted(self._contract.seen[path].types, key=lambda kind: kind.__name__)
        kind = self._random.choice(kinds)
        if len(path) == 1 and path[0] in self._contract.trees and kind is list:
            return self._tree(path)
        if kind is bool:
            return self._random.random() < 0.5
        if kind in (int, float) and self._contract.seen[path].numbers:
            return self._number(kind, path)
        if kind is str:
            return self._text(path)
        if kind in (list, tuple):
            return kind(self._items(path))
        return copy.deepcopy(self._random.choice(self._given)[int(path[0])])

    def _number(self, kind: type, path: Path) -> Any:
        low, high = self._contract.range_of(path)
        if kind is float:
            return round(min(high, low + self._random.uniform(0, self._spread)), 2)
        least = max(int(low), -self._spread if self._random.random() < 0.5 else 0)
        least = min(least, int(high))
        return self._random.randint(least, max(least, min(int(high), least + self._spread)))

    def _text(self, path: Path) -> str:
        letters = sorted(self._contract.seen[path].letters)
        if self._texts and self._random.random() < 0.3:  # part of another
            whole = self._random.choice(self._texts)
            start = self._random.randint(0, len(whole))
            return whole[start : self._random.randint(start, len(whole))]
        some = self._random.sample(
            letters, min(len(letters), self._random.randint(1, _MOST_LETTERS))
        )
        text = "".join(self._random.choice(some) for _ in range(self._size(path))) if some else ""
        self._texts.append(text)
        return text

    def _size(self, path: Path) -> int:
        low, high = self._contract.lengths_of(path)
        longer = self._length if self._random.random() < 0.7 else self._random.randint(0, _LONGEST)
        return min(low + longer, high)

    def _items(self, path: Path) -> list[Any]:
        if path in self._contract.rows:
            return [self._value((*path, i)) for i in range(self._contract.lengths_of(path)[0])]
        inside = (*path, "*")
        if inside not in self._contract.seen:  # all lists that were given here are empty
            return []
        items = [self._value(inside) for _ in range(self._size(path))]
        if self._random.random() < 0.3:  # many problems promise distinct ones
            items = list({repr(item): item for item in items}.values())
        return items

    def _tree(self, path: Path) -> list[Any]:
        """Return a tree of few nodes, level by level; None: no child there."""
        inside = (*path, "*")
        if not self._contract.seen[inside].numbers:
            return []
        levels: list[Any] = [self._number(int, inside)]
        nodes, waiting = self._random.randint(0, _LONGEST), 1
        while nodes and waiting:
            waiting -= 1
            for _ in range(2):
                child = nodes and self._random.random() < 0.7
                levels.append(self._number(int, inside) if child else None)
                nodes, waiting = nodes - bool(child), waiting + bool(child)
        while levels[-1] is None:
            levels.pop()
        return levels
