"""Which facts that a few given inputs share are chance: a statement that meant them would say so.

Three examples are mostly lists of different numbers, not all of them equal. An input is not refused
for lacking such a fact where the statement lists its constraints, and has none of the words in
which it could be promised.
"""

import re
from collections.abc import Mapping
from typing import Any

from codepref.problems.sharpening.input_facts import Fact
from codepref.records import Problem

_ORDER = (
    r"sort|order|ascend|descend|increas|decreas|monoton|mountain|peak|rotat|chronolog|time|earl|"
    r"left to right|previous|consecutive|sequence"
)
_DIFFERENCE = (
    r"distinct|unique|differ|duplicat|repeat|permut|no two|once|twice|two times|same|except|"
    r"missing|majority|label|\bids?\b|\bset\b|anagram|each (?:\w+ ){1,3}(?:is|has|belongs)|"
    r"strict|rearrang|every (?:integer|number)|all (?:the )?(?:integers|numbers)"
)
_GRAPH = (
    r"edge|graph|tree|node|vert(?:ex|ic)|road|connect|path|flight|network|parent|prerequisite|"
    r"cycl|loop|highway|route|ticket|friend|relation|link|dependen|cit(?:y|ies)|course|trust|manager|boss"
)
_WORDS = [
    (("ascending", "descending", "ascending but for a rotation", "a mountain", "cells ascending",
      "rows", "columns"), _ORDER),
    (("distinct", "neighbours differ", "one value is repeated", "a majority", "all but one occur",
      "permutation from", "all cells distinct", "is a permutation of"), _DIFFERENCE),
    (("distinct nodes",), _DIFFERENCE + r"|search tree|\bbst\b"),
    (("connected", "forest", "acyclic", "no edge twice", "counts the nodes of"), _GRAPH),
    (("intervals apart",), r"interval|overlap|disjoint|range|segment|event|meeting|schedul|block"),
    (("symmetric", "diagonal"), _GRAPH + r"|symmetr|adjacen|diagonal|distance|matrix\[i\]\[i\]"),
    (("palindrome",), r"palindrom|symmetr|backward|revers"),
    (("balanced",), r"parenthes|bracket|balanced|expression|formula"),
    (("parity of length",), r"even|odd|2 ?\*? ?n\b|pair|half|twice|halves|equal"),
    (("multiple of",), r"multipl|even|odd|divisib|divid|coin|cent|dollar|bill|round"),
]  # fmt: skip
_MEASURES = ("least", "greatest", "length", "value", "width")
_PATTERNS = {name: re.compile(words, re.IGNORECASE) for names, words in _WORDS for name in names}


class Coincidences:
    """Tells facts that a problem's statement cannot mean; none where it lists no constraints.

    Args:
        problem: whose statement is read, but for its examples.
        stated: the ranges that it gives (``contract.stated_ranges``).
    """

    def __init__(
        self, problem: Problem, stated: Mapping[tuple[Any, ...], tuple[float, float]]
    ) -> None:
        before, _, listed = problem.statement.partition("Constraints:")
        self._listed = bool(listed.strip())
        described, _, _ = before.partition("Example")
        self._text = "\n".join([described, listed, problem.input_format, problem.notes])
        self._stated = stated

    def __contains__(self, fact: Fact) -> bool:
        """Tell whether a fact is chance, as far as the statement's words tell."""
        if not self._listed:
            return False
        place, name, *rest = fact
        if _is_measure(place) and rest and _is_measure(rest[-1]):
            return self._unrelated(place, rest[-1])
        if name == "column":
            name = rest[-1]
        if name == "length":
            low, high = self._stated.get((*place, "length"), (0.0, 0.0))
            return low < high
        pattern = _PATTERNS.get(name)
        return pattern is not None and not pattern.search(self._text)

    def _unrelated(self, one: Fact, other: Fact) -> bool:
        """Tell whether nothing relates two measures, though all given inputs compare alike."""
        (number, mine), (second, theirs) = one, other
        if number == second:  # "not all equal" is hardly ever promised
            return {mine, theirs} in ({"least", "greatest"}, {"least", "length"})
        # "left <= right" stands in the list of constraints, where one is; there it is read.
        return mine == theirs == "value" and (number,) in self._stated and (second,) in self._stated


def _is_measure(place: object) -> bool:
    return isinstance(place, tuple) and len(place) == 2 and place[1] in _MEASURES
