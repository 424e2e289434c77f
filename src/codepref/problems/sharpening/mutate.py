"""Inputs made from given ones by small changes, of the same types."""

import copy
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from codepref.problems.sharpening.contract import Contract, Path
from codepref.problems.sharpening.shapes import restore

_MOST_STEPS = 3
_CHARACTERS = 1000  # of an input as text: tests stay quick and readable


class Mutator:
    """Makes inputs that a contract allows out of given ones.

    A step changes a number, a text's letter or a list's members, or takes an argument of another
    input. Lists that always have one length are changed alike, shapes are restored (``shapes``);
    what the contract still does not allow is dropped.

    Args:
        inputs: decoded arguments, by position.
        contract: of these inputs.
        seed: equal seeds give equal inputs.
    """

    def __init__(self, inputs: Sequence[list[Any]], contract: Contract, seed: int) -> None:
        self._contract = contract
        self._random = random.Random(seed)
        self._pool = [copy.deepcopy(given) for given in inputs]
        self._values: dict[Path, list[Any]] = {}
        for given in inputs:
            for path, value in contract.places(given):
                self._values.setdefault(path, []).append(value)

    def new_inputs(self, attempts: int) -> Iterator[list[Any]]:
        """Yield inputs that differ from each other and from the given ones."""
        made = allowed(self._contract, self._pool, self._changed_input, attempts, self._random)
        for arguments in made:
            self._pool.append(copy.deepcopy(arguments))
            yield arguments

    def _changed_input(self) -> list[Any]:
        arguments = copy.deepcopy(self._random.choice(self._pool))
        for _ in range(self._random.randint(1, _MOST_STEPS)):
            self._step(arguments)
        return arguments

    def _step(self, arguments: list[Any]) -> None:
        number = self._random.randrange(len(arguments))
        value = arguments[number]
        if self._random.random() < 0.1:
            arguments[number] = copy.deepcopy(self._random.choice(self._pool)[number])
        elif isinstance(value, list) and value and self._random.random() < 0.5:
            self._rearrange(arguments, number)
        else:
            arguments[number] = self._changed(value, (number,))

    def _rearrange(self, arguments: list[Any], number: int) -> None:
        """Take other members of a list, and the same of every list that is always as long."""
        facts = self._contract.facts
        size = len(arguments[number])
        if number in self._contract.trees:
            return
        order = self._order(size)
        for other, value in enumerate(arguments):
            pair = sorted((number, other))
            alike = ((pair[0], "length"), "=", (pair[1], "length")) in facts
            if isinstance(value, list) and len(value) == size and (other == number or alike):
                arguments[other] = [copy.deepcopy(value[i]) for i in order]
                if ((other,), "square") in facts:
                    arguments[other] = _columns(arguments[other], order)

    def _order(self, size: int) -> list[int]:
        order = list(range(size))
        place = self._random.randrange(size) if size else 0
        match self._random.randrange(7):
            case 0:
                order.pop(place)
            case 1:
                order.insert(self._random.randint(0, size), place)
            case 2:
                order.reverse()
            case 3:
                self._random.shuffle(order)
            case 4:
                order = order[: self._random.randint(1, size)]
            case 5:
                order = order[place:] + order[:place]
            case _:
                order += [self._random.randrange(size) for _ in range(self._random.randint(1, 3))]
        return order

    def _changed(self, value: Any, path: Path) -> Any:
        """Return a value changed a little, of the same type."""
        if type(value) is bool:
            return not value
        if type(value) in (int, float):
            return self._number(value, path)
        if isinstance(value, str):
            return self._text(value, path)
        if isinstance(value, (list, tuple)) and value:
            items = list(value)
            self._change_items(items, path)
            return type(value)(items)
        return copy.deepcopy(self._random.choice(self._values.get(path) or [value]))

    def _change_items(self, items: list[Any], path: Path) -> None:
        place = self._random.randrange(len(items))
        inside = (*path, place if path in self._contract.rows else "*")
        chance = self._random.random()
        if chance < 0.15:
            items[place] = copy.deepcopy(self._random.choice(items))
        elif chance < 0.3 and self._values.get(inside):
            items[place] = copy.deepcopy(self._random.choice(self._values[inside]))
        elif chance < 0.4 and len(path) > 1 and path not in self._contract.rows:
            items[:] = [items[i] for i in self._order(len(items))]
        elif chance < 0.5 and all(isinstance(item, list) and item for item in items):
            items[:] = _columns(items, self._order(min(map(len, items))))
        else:
            items[place] = self._changed(items[place], inside)

    def _number(self, value: Any, path: Path) -> Any:
        if not self._contract.seen[path].numbers:
            return value
        low, high = self._contract.range_of(path)
        if type(value) is float:
            return round(self._random.uniform(low, high), 2)
        match self._random.randrange(4):
            case 0:
                return value + self._random.choice((-1, 1))
            case 1:
                return self._random.choice([int(low), int(high), 0])
            case 2:
                return self._random.choice(self._values[path])
        return self._random.randint(int(low), int(high))

    def _text(self, text: str, path: Path) -> str:
        seen = self._contract.seen[path]
        letters = sorted(seen.letters)
        if not text or not letters:
            return text
        separator = next((one for one in " ," if one in text), None)
        if separator and self._random.random() < 0.4:
            parts = text.split(separator)
            return separator.join(parts[i] for i in self._order(len(parts)))
        if seen.letters_of_one_class() and self._random.random() < 0.6:
            return "".join(text[i] for i in self._order(len(text)))
        place = self._random.randrange(len(text))
        alike = [letter for letter in letters if _same_class(letter, text[place])]
        return text[:place] + self._random.choice(alike or [text[place]]) + text[place + 1 :]


def allowed(
    contract: Contract,
    given: Iterable[list[Any]],
    propose: Callable[[], list[Any]],
    attempts: int,
    chance: random.Random,
) -> Iterator[list[Any]]:
    """Yield of so many proposals, repaired, those that a contract allows, each once.

    Args:
        contract: of the given inputs.
        given: are not yielded again.
        propose: makes an input.
        attempts: how often it is asked.
        chance: for what a contract leaves open when an input is repaired.
    """
    seen = {repr(one) for one in given}
    for _ in range(attempts):
        arguments = propose()
        restore(contract, arguments, chance)
        text = repr(arguments)
        if text not in seen and len(text) <= _CHARACTERS and contract.allows(arguments):
            seen.add(text)
            yield arguments


def _columns(rows: list[list[Any]], order: list[int]) -> list[list[Any]]:
    """Return rows with these columns, as far as each has them."""
    return [[row[i] for i in order if i < len(row)] for row in rows]


def _same_class(one: str, other: str) -> bool:
    tests = (str.islower, str.isupper, str.isdigit)
    return any(test(one) and test(other) for test in tests) or (
        one in "()[]{}" and other in "()[]{}"
    )
