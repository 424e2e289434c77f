"""What a statement promises about its inputs: comparisons that can be read, and prose.

``1 <= k <= nums.length`` is checked on every input made; what prose promises must be shown by
facts of the inputs, or else nothing is made (``codepref.problems.sharpening.promises``).
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from codepref.problems.sharpening.comparisons import Comparison, comparisons
from codepref.problems.sharpening.promises import is_shown, prose_promises
from codepref.records import Problem

_SHORTEST_NAME = 3  # letters; shorter ones are too often words or other names in another case


class Constraints:
    """The comparisons of a statement, and what it promises that is none.

    A comparison that a given input breaks is not believed: data sets write ``10^4`` as ``104``.

    Args:
        problem: whose statement is read.
        inputs: its given inputs, as decoded arguments.

    Attributes:
        unread: sentences, lines and comparisons that promise something unknown.
    """

    def __init__(self, problem: Problem, inputs: Sequence[list[Any]]) -> None:
        self._names = {name: i for i, name in enumerate(problem.parameters or [])}
        text = "\n".join([problem.statement, problem.input_format, problem.notes])
        text = _with_products(_in_their_case(text, self._names))
        self._parts = re.findall(r"\b(\w+) = \[(\w+(?:, ?\w+)+)\]", text)
        self._sizes = _sizes(problem, text)
        before, _, listed = text.partition("Constraints:")
        self.unread = prose_promises(before, listed)
        self._comparisons: list[Comparison] = []
        for line in filter(None, map(str.strip, listed.splitlines())):
            found = list(comparisons(line))
            self._comparisons += found
            if not found and not is_shown(line) and line not in self.unread:
                self.unread.append(line)

        verdicts = [self._judge(given) for given in inputs]
        self._comparisons = [
            item
            for number, item in enumerate(self._comparisons)
            if not any(found[number] is False for found in verdicts)
        ]
        self.unread += [
            str(item)
            for number, item in enumerate(self._comparisons)
            if any(found.get(number, True) is None for found in map(self._judge, inputs))
        ]

    def allow(self, arguments: list[Any]) -> bool:
        """Tell whether an input keeps all comparisons that could be read."""
        return False not in self._judge(arguments).values()

    def _judge(self, arguments: list[Any]) -> dict[int, bool | None]:
        """Return which comparisons hold, by their number; None: it cannot be evaluated."""
        known = {name: arguments[i] for name, i in self._names.items() if i < len(arguments)}
        for name, size_of in self._sizes:
            if size_of < len(arguments):
                known[name] = sum(value is not None for value in arguments[size_of])
        for whole, parts in self._parts:
            values, names = known.get(whole), parts.replace(" ", "").split(",")
            if isinstance(values, list) and len(values) == len(names):
                known |= {
                    name: v for name, v in zip(names, values, strict=True) if name not in known
                }
        verdicts: dict[int, bool | None] = {}
        for _ in range(3):  # names like n are known once "n == nums.length" was read
            for number, item in enumerate(self._comparisons):
                if number not in verdicts and item.learn(known):
                    verdicts[number] = True
        for number, item in enumerate(self._comparisons):
            if number not in verdicts:
                verdicts[number] = item.holds(known)
        return verdicts


def _in_their_case(text: str, names: Iterable[str]) -> str:
    """Return a text in which parameters are spelled as they are, not as ``obstaclegrid``."""
    for name in names:
        if len(name) >= _SHORTEST_NAME:
            text = re.sub(rf"\b{re.escape(name)}\b", name, text, flags=re.IGNORECASE)
    return text


def _with_products(text: str) -> str:
    """Return a text with ``2 * n`` for ``2n`` where an equation of it reads so.

    Elsewhere ``2n`` may be what is left of a power: data sets lose how a number was set.
    """
    found = re.findall(r"^[ \t]*(\d+)([a-z]) ==|== (\d+)([a-z])[ \t.]*$", text, re.MULTILINE)
    for number, name in {(a or c, b or d) for a, b, c, d in found}:
        text = re.sub(rf"\b{number}{name}\b", f"{number} * {name}", text)
    return text


def _sizes(problem: Problem, text: str) -> list[tuple[str, int]]:
    """Return names of numbers of nodes, each with the parameter that has as many."""
    kinds = problem.parameter_types or []
    found = re.findall(r"number of nodes in the (list|tree) is ([a-z]\w*)\b", text)
    kinds_of = [(f"{word.title()}Node", name) for word, name in found]
    return [(name, kinds.index(kind)) for kind, name in kinds_of if kind in kinds]
