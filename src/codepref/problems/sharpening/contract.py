"""What a problem's given inputs have in common: a guess at the inputs that it promises to handle.

Data sets seldom carry the contract of a problem ("nums is sorted", "n nodes, n - 1 edges"), and a
program is free to fail on inputs outside of it. So an input made up is taken to be inside only if
it has every property that all given inputs share: types, ranges of numbers, lengths, characters,
and a fixed list of facts (sorted, distinct, a tree, as long as another argument, ...). Two or three
given inputs share more than the contract asks for: what the statement cannot mean is left out
(``coincidences``), and still inputs are refused that would have been fine. Ranges that the
statement gives (``1 <= nums.length <= 100``) take the place of those seen.
"""

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from codepref.problems.sharpening.coincidences import Coincidences
from codepref.problems.sharpening.constraints import Constraints
from codepref.problems.sharpening.input_facts import (
    LONGEST_ROW,
    Fact,
    facts_of_value,
    is_search_tree,
    is_tree,
    relations_of,
)
from codepref.problems.sharpening.promises import Shown, is_guarded
from codepref.problems.sharpening.ranges import may_vary, stated_ranges
from codepref.records import Problem

Path = tuple[int | str, ...]
"""an argument's number, then ``"*"`` or a column's number for each level further inside"""

_LONGER = 2  # times the greatest length seen
_FEW = 12
"""members or letters are not too many, however few were seen"""


@dataclass
class Seen:
    """The values seen at one place of the given inputs."""

    types: set[type]
    numbers: list[float]
    lengths: list[int]
    letters: set[str]

    def letters_of_one_class(self) -> bool:
        """Whether its texts are words of letters or digits of one kind, free to be cut anywhere."""
        return any(
            all(test(letter) for letter in self.letters)
            for test in (str.islower, str.isupper, str.isdigit)
        )


class Contract:
    """What all given inputs of a problem have in common.

    Args:
        inputs: at least one list of decoded arguments, all equally many.
        problem: whose inputs they are.
    """

    def __init__(self, inputs: Sequence[list[Any]], problem: Problem) -> None:
        kinds = enumerate(problem.parameter_types or [])
        self.trees = {i for i, kind in kinds if kind == "TreeNode"}
        self.stated = stated_ranges(problem)
        self.rows = {
            path for path in _record_rows(inputs) if not may_vary(self.stated, _generic(path))
        }
        self.seen: dict[Path, Seen] = defaultdict(lambda: Seen(set(), [], [], set()))
        for path, value in itertools.chain.from_iterable(map(self.places, inputs)):
            seen = self.seen[path]
            seen.types.add(type(value))
            if type(value) in (int, float):
                seen.numbers += [value] if _is_finite(value) else []
            elif isinstance(value, (list, tuple, str, dict)):
                seen.lengths.append(len(value))
            if isinstance(value, str):
                seen.letters.update(value)
        self.constraints = Constraints(problem, inputs)
        shown_by = [(self.facts_of(given), self._empty(given)) for given in inputs]
        self.described = self.constraints.described
        rows = {(int(path[0]), "width") for path in self.rows if len(path) == 2}
        columns = self.constraints.columns
        chance = Coincidences(problem, self.stated, {*self.described, *rows}, columns)
        self.facts = {
            fact
            for fact in set.union(*(facts for facts, _ in shown_by))
            if all(fact in facts or _is_vacuous(fact, empty) for facts, empty in shown_by)
            and fact not in chance
        }
        shown = self._shown(problem, inputs)
        self.unread = [one for one in self.constraints.unread if not is_guarded(one, shown)]

    def allows(self, arguments: list[Any]) -> bool:
        """Tell whether an input has everything that the given ones share."""
        return (
            all(self._fits(path, value) for path, value in self.places(arguments))
            and all(is_tree(arguments[number]) for number in self.trees)
            and self.constraints.allow(arguments)
            and self._shows_facts(arguments)
        )

    def facts_at(self, place: Path) -> set[Fact]:
        """Return the facts that hold at a place, without its name."""
        return {tuple(rest) for at, *rest in self.facts if at == place}

    def _shows_facts(self, arguments: list[Any]) -> bool:
        missing = self.facts - self.facts_of(arguments)
        empty = self._empty(arguments) if missing else set()
        return all(_is_vacuous(fact, empty) for fact in missing)

    def range_of(self, path: Path) -> tuple[float, float]:
        """Return the least and the greatest number that may stand at a place where some stood."""
        numbers = self.seen[path].numbers
        low, high = min(numbers), max(numbers)
        place, several = _generic(path), len(path) > 1
        least, most = self.stated.get(place, (-math.inf, math.inf))
        further_down, further_up = 2 * low if low < 0 else 0, max(2 * high, 10 if several else 30)
        if place in self.stated or self._is_bounded(path[0], "least", "below", several):
            low = min(low, max(least, further_down))
        if place in self.stated or self._is_bounded(path[0], "greatest", "above", several):
            high = max(high, min(most, further_up))
        return low, high

    def _is_bounded(self, number: int | str, measure: str, side: str, several: bool) -> bool:
        """Whether comparisons keep an argument, or each number in it, from being too far out."""
        bounds = self.described.get((int(number), measure if several else "value"), set())
        return side in bounds

    def lengths_of(self, path: Path) -> tuple[int, int]:
        """Return the least and the greatest length of what may stand at a place."""
        lengths = self.seen[path].lengths
        low, high = min(lengths), _LONGER * max(lengths)
        if (*_generic(path), "length") in self.stated:
            least, most = self.stated[(*_generic(path), "length")]
            low, high = min(low, int(least)), max(high, _FEW)
            high = min(high, max(int(most), *lengths))
        elif len(path) == 1 and path[0] in self.trees and self.constraints.counts_nodes:
            low, high = 0, max(high, _FEW)
        return low, high

    def places(self, arguments: Sequence[Any]) -> Iterator[tuple[Path, Any]]:
        """Yield every value of an input and where it stands."""
        waiting: list[tuple[Path, Any]] = list(zip(_numbers(arguments), arguments, strict=True))
        while waiting:
            path, value = waiting.pop()
            yield path, value
            if isinstance(value, (list, tuple)):
                columns = path in self.rows
                waiting += [((*path, i if columns else "*"), item) for i, item in enumerate(value)]

    def _shown(self, problem: Problem, inputs: Sequence[list[Any]]) -> Shown:
        """Return what every input made will show."""
        lists = {p for p, seen in self.seen.items() if seen.types & {list, tuple, str}}
        facts: dict[tuple[int, int], set[Fact]] = {(int(p[0]), len(p) - 1): set() for p in lists}
        for place, *what in self.facts:
            if place in lists:
                facts[place[0], len(place) - 1].add(tuple(what))
        texts = {int(path[0]) for path, seen in self.seen.items() if str in seen.types}

        def is_part(one: int, other: int) -> bool:
            both = all(str in self.seen[(number,)].types for number in (one, other))
            letters = not both or ((one,), "length", 1) in self.facts
            return letters and (one, "is part of", other) in self.facts

        def apart(one: int, other: int) -> bool:
            members = [[set(map(repr, given[i])) for i in (one, other)] for given in inputs]
            return not any(mine & theirs for mine, theirs in members)

        for fact in self.facts:
            if fact[1] == "counts the nodes of":
                facts[fact[2], 0].add(("all nodes",))
        columns = self.constraints.columns
        return Shown(problem.parameters or [], facts, texts, columns, is_part, apart)

    def _fits(self, path: Path, value: Any) -> bool:
        if path not in self.seen or type(value) not in self.seen[path].types:
            return False
        if type(value) in (int, float):
            if not _is_finite(value) or not self.seen[path].numbers:
                return not _is_finite(value)
            low, high = self.range_of(path)
            return low <= value <= high
        if isinstance(value, (list, tuple, str)):
            low, high = self.lengths_of(path)
            letters = self.seen[path].letters
            return low <= len(value) <= high and not (
                isinstance(value, str) and set(value) - letters
            )
        return True

    def facts_of(self, arguments: list[Any]) -> set[Fact]:
        """Return which of the known facts hold for an input."""
        at: dict[Path, list[Any]] = defaultdict(list)
        for path, value in self.places(arguments):
            at[path].append(value)
        found: set[Fact] = set()
        for path, values in at.items():
            if len(path) == 1 and path[0] in self.trees:
                continue
            lists = [value for value in values if isinstance(value, (list, tuple, str))]
            each = [set(facts_of_value(value)) for value in lists if len(value)] or [
                set(facts_of_value(value)) for value in lists
            ]
            if each:
                found |= {(path, *fact) for fact in set.intersection(*each)}
            elif all(type(value) is int for value in values):
                dividing = (n for n in (2, 5, 10) if all(value % n == 0 for value in values))
                found |= {(path, "multiple of", n) for n in dividing}
        for number in self.trees & set(range(len(arguments))):
            if is_search_tree(arguments[number]):
                found.add(((number,), "search tree"))
            nodes = [value for value in arguments[number] or [] if value is not None]
            if len(set(map(repr, nodes))) == len(nodes):
                found.add(((number,), "distinct nodes"))
        return found | relations_of(arguments)

    def _empty(self, arguments: Sequence[Any]) -> set[Path]:
        """Return the places at which all lists are empty."""
        at: dict[Path, bool] = {}
        for path, value in self.places(arguments):
            if isinstance(value, (list, tuple)):
                at[path] = at.get(path, True) and not value
        return {path for path, is_empty in at.items() if is_empty}


def _is_vacuous(fact: Fact, empty: set[Path]) -> bool:
    """Tell whether a fact says nothing of an input, being of members where there are none."""
    place, name, *_ = fact
    return place in empty and name not in ("length", "parity of length")


def _is_finite(value: float) -> bool:
    return type(value) is int or math.isfinite(value)


def _numbers(arguments: Sequence[Any]) -> Iterator[Path]:
    return ((i,) for i in range(len(arguments)))


def _generic(path: Path) -> Path:
    return (path[0], *("*" for _ in path[1:]))


def _record_rows(inputs: Sequence[list[Any]]) -> set[Path]:
    """Return the places of short inner lists that all have one length."""
    lengths: dict[Path, set[int]] = defaultdict(set)
    for given in inputs:
        waiting: list[tuple[Path, Any]] = list(zip(_numbers(given), given, strict=True))
        while waiting:
            path, value = waiting.pop()
            if isinstance(value, (list, tuple)):
                lengths[path].add(len(value))
                waiting += [((*path, "*"), item) for item in value]
    return {
        path
        for path, found in lengths.items()
        if len(path) > 1 and len(found) == 1 and 2 <= max(found) <= LONGEST_ROW
    }
