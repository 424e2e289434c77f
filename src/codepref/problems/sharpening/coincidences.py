"""Which facts that a few given inputs share are chance: a statement that meant them would say so.

Three examples are mostly lists of different numbers, not all of them equal. An input is not refused
for lacking such a fact where the statement lists its constraints, and has none of the words in
which it could be promised.
"""

import re
from collections.abc import Collection, Iterable, Mapping

from codepref.problems.sharpening.input_facts import Fact
from codepref.problems.sharpening.ranges import Place, may_vary
from codepref.records import Problem

_ORDER = (
    r"sort|ascend|descend|increas|decreas|monoton|chronolog|\border(?:ed)?\b|earlier|left to right"
)
_DIFFERENCE = (
    r"distinct|unique|different|duplicat|no two|permut|(?:at most|exactly|only) once|\bset\b|"
    r"strict|\bids?\b|label|each (?:integer|number|value)|(?:every|all (?:the )?)(?:integer|number)"
)
_ONE_IS_ODD = (
    r"majority|except|missing|duplicat|repeat|appears? (?:exactly )?(?:once|twice|more)|only one|"
    r"single (?:number|element)|n ?/ ?2"
)
_GRAPH = (
    r"edge|graph|tree|node|vert(?:ex|ic)|road|connect|path|flight|network|parent|prerequisite|"
    r"cycl|loop|highway|route|ticket|friend|relation|link|dependen|cit(?:y|ies)|course|trust|"
    r"manager|boss"
)
_SQUARE = r"square|n x n|n \* n"
_WORDS = [
    (("ascending", "descending", "cells ascending", "rows", "columns"), _ORDER),
    (("ascending but for a rotation",), r"rotat|cyclic"),
    (("a mountain",), r"mountain|peak|bitonic"),
    (("distinct", "all cells distinct", "permutation from"), _DIFFERENCE),
    (("is a permutation of",), _DIFFERENCE + r"|anagram|rearrang|same"),
    (("neighbours differ",), r"adjacent|neighbo|consecutive|next to|in a row"),
    (("one value is repeated", "a majority", "all but one occur"), _ONE_IS_ODD),
    (("distinct nodes",), _DIFFERENCE + r"|search tree|\bbst\b"),
    (("connected", "forest", "acyclic", "no edge twice", "counts the nodes of"), _GRAPH),
    (("intervals apart",), r"interval|overlap|disjoint|range|segment|event|meeting|schedul|block"),
    (("symmetric", "diagonal"), _GRAPH + r"|symmetr|adjacen|diagonal|distance|matrix\[i\]\[i\]"),
    (("square",), _SQUARE),
    (("palindrome",), r"palindrom|symmetr|backward|revers"),
    (("balanced",), r"parenthes|bracket|balanced|expression|formula"),
    (("parity of length",), r"\beven\b|\bodd\b|\b2 ?\*? ?n\b|half|twice|halves"),
    (("the first is not nothing",), r"lead|first|head|zero|start|empty|positive"),
    (("is part of",), r"subset|subsequence|part of|member|one of|belong|exist|appear|occur|anagram|"
     r"permut|rearrang|contain|\bin (?:the )?(?:\w+ )?(?:array|list|tree|matrix|string|grid|graph)|"
     r"(?:element|node|value|integer|index|word)s? (?:of|in|from)\b|\bfrom\b|\b(?:is|are) in\b"),
    (("texts of one length",), r"(?:same|equal|one|identical) (?:length|size)"),
    (("multiple of",), r"multiples? of|\beven\b|\bodd\b|divisib|coin|cents?\b|dollar|bills?\b"),
]  # fmt: skip
_SAYS_NOTHING = re.compile(r"(?:in )?any order|even (?:if|though|when)", re.IGNORECASE)
_EXACTLY = ("=", "one below", "one above")
_MEASURES = ("least", "greatest", "length", "value", "width")
_PATTERNS = {name: re.compile(words, re.IGNORECASE) for names, words in _WORDS for name in names}


class Coincidences:
    """Tells facts that a problem's statement cannot mean; none where it lists no constraints.

    Args:
        problem: whose statement is read, but for its examples.
        stated: the ranges that it gives.
        described: the measures that its comparisons speak of (``Constraints.described``).
        columns: the names of columns of rows.
    """

    def __init__(
        self,
        problem: Problem,
        stated: Mapping[Place, tuple[float, float]],
        described: Collection[tuple[int, str]],
        columns: Iterable[str],
    ) -> None:
        before, _, listed = problem.statement.partition("Constraints:")
        self._listed = bool(listed.strip())
        task, _, _ = before.partition("Example")
        text = "\n".join([task, listed, problem.input_format, problem.notes])
        self._text = _SAYS_NOTHING.sub("", text)
        names = "|".join(
            ["no two", "same", "value", "cell", *(rf"\b{re.escape(name)}\b" for name in columns)]
        )
        self._columns_differ = any(
            re.search(_DIFFERENCE, sentence, re.IGNORECASE)
            for sentence in re.split(r"(?<=[.!?])\s+|\n+", self._text)
            if re.search(names, sentence)
        )
        self._stated = stated
        self._described = described

    def __contains__(self, fact: Fact) -> bool:
        """Tell whether a fact is chance, as far as the statement's words tell."""
        if not self._listed:
            return False
        place, name, *rest = fact
        if _is_measure(place) and rest and _is_measure(rest[-1]):
            return self._unrelated(place, name, rest[-1])
        if isinstance(name, int):  # two columns of rows
            loops = rest[0] == "differs" and re.search(_GRAPH + "|" + _DIFFERENCE, self._text)
            return not loops and (place[0], "least") in self._described
        if name == "column":
            name = rest[-1]
            if name == "distinct" and not self._columns_differ:
                return True
        if name == "all cells distinct" and (place[0], "width") in self._described:
            return not self._columns_differ
        if name == "length":
            measure = {1: "length", 2: "width"}.get(len(place))  # of letters in a grid: none
            return may_vary(self._stated, place) or (place[0], measure) in self._described
        if name == "pairs":
            return may_vary(self._stated, (*place, "*"))
        pattern = _PATTERNS.get(name)
        return pattern is not None and not pattern.search(self._text)

    def _unrelated(self, one: Fact, how: str, other: Fact) -> bool:
        """Tell whether nothing relates two measures, though all given inputs compare alike."""
        (number, mine), (second, theirs) = one, other
        if number == second and {mine, theirs} in ({"least", "greatest"}, {"least", "length"}):
            return True  # "not all equal" is hardly ever promised
        if how == "is a multiple of":
            return not re.search(r"multipl|divi|group|split|partition", self._text, re.IGNORECASE)
        if number == second and {mine, theirs} == {"length", "width"}:
            return not re.search(_SQUARE, self._text)
        sizes = {mine, theirs} <= {"length", "value", "width"} and not mine == theirs == "value"
        if number != second and how in _EXACTLY and sizes:
            return False
        # "left <= right" stands in the list of constraints, where both do; there it is read.
        return one in self._described and other in self._described


def _is_measure(place: object) -> bool:
    return isinstance(place, tuple) and len(place) == 2 and place[1] in _MEASURES
