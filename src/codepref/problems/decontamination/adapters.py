"""Answers that are the same but for their form: as text, in a list, with other words for yes.

An adapter judges pairs of what a solution has answered and the right answer. The plain comparison
comes first; the others are tried where it fails.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from codepref.problems.decontamination.layouts import INTEGER, NUMBER
from codepref.records import Comparison
from codepref.sandbox.compare import values_match

Pair = tuple[Any, Any]  # found, right
_LEAST_TELLING = 4  # answers other than the most frequent one
_PUNCTUATION = re.compile(r"[\[\](){},;:'\"]")
_NOTHING = ("none", "null", "-1")
_YES_NO = {True: ("true", "yes"), False: ("false", "no")}
_CONTAINERS = (list, tuple, set, frozenset, dict)


@dataclass(frozen=True)
class Adapter:
    """A way in which answers may say the right ones.

    Attributes:
        name: for readers; empty: as they are.
        agree: tells whether all pairs agree, numbers within a tolerance.
    """

    name: str
    agree: Callable[[Sequence[Pair], float], bool]

    def is_telling(self, pairs: Sequence[Pair]) -> bool:
        """Tell whether agreement says something: the more forms are tried, the more agree."""
        if not self.name:
            return True
        counts = Counter(repr(right) for _, right in pairs)
        return len(pairs) - max(counts.values(), default=0) >= _LEAST_TELLING


def same(found: Any, right: Any, tolerance: float) -> bool:
    """Tell whether an answer is the right one as it is."""
    alike = isinstance(found, bool) == isinstance(right, bool)  # True is not 1 here
    comparison = Comparison(
        kind="close", relative_tolerance=1e-6, absolute_tolerance=max(tolerance, 1e-6)
    )
    return alike and values_match(found, right, comparison)


def _plain(pairs: Sequence[Pair], tolerance: float) -> bool:
    return all(same(found, right, tolerance) for found, right in pairs)


def _in_words(split: Callable[[str], list[str]]) -> Callable[[Sequence[Pair], float], bool]:
    def agree(pairs: Sequence[Pair], tolerance: float) -> bool:
        return all(
            _may_differ_in_form(found, right)
            and _words_are(_words(found, split), _words(right, split), tolerance)
            for found, right in pairs
        )

    return agree


def _without_punctuation(pairs: Sequence[Pair], tolerance: float) -> bool:
    """A list with commas, or as Python writes it; answers with punctuation of their own are not."""
    words = _in_words(lambda text: _PUNCTUATION.sub(" ", text).split())
    own = (part for _, right in pairs for part in _words(right, str.split))
    return words(pairs, tolerance) and not any(map(_PUNCTUATION.search, filter(_is_text, own)))


def _is_text(value: Any) -> TypeGuard[str]:
    return isinstance(value, str)


def _with_length_first(pairs: Sequence[Pair], tolerance: float) -> bool:
    return all(
        isinstance(found, str)
        and isinstance(right, (list, tuple))
        and _words_are(found.split(), [len(right), *_words(right, str.split)], tolerance)
        for found, right in pairs
    )


def _by_two_words(pairs: Sequence[Pair], _: float) -> bool:
    """Of questions with two answers: each of them has one word, and another one."""
    words: dict[str, str] = {}
    for found, right in pairs:
        if isinstance(right, _CONTAINERS):
            return False
        if not isinstance(found, str) and not (isinstance(right, bool) and type(found) is int):
            return False
        word = str(found).strip()
        if len(word) > 40 or words.setdefault(repr(right), word) != word:
            return False
    return 0 < len(words) <= 2 and len(set(words.values())) == len(words)


ADAPTERS = (
    Adapter("", _plain),
    Adapter("in words", _in_words(str.split)),
    Adapter("in words without punctuation", _without_punctuation),
    Adapter("in words after their number", _with_length_first),
    Adapter("in two words for two answers", _by_two_words),
)


def _may_differ_in_form(found: Any, right: Any) -> bool:
    """Whether two values can be forms of one answer: a number is no form of another number."""
    kinds = (str, *_CONTAINERS)
    return isinstance(found, kinds) or isinstance(right, kinds)


def _words(value: Any, split: Callable[[str], list[str]]) -> list[Any]:
    if isinstance(value, str):
        return list(split(value))
    if isinstance(value, (set, frozenset)):
        value = sorted(value, key=repr)
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, _CONTAINERS):
        return [word for item in value for word in _words(item, split)]
    return [value]


def _words_are(found: list[Any], right: list[Any], tolerance: float) -> bool:
    return len(found) == len(right) and all(
        _word_is(one, other, tolerance) for one, other in zip(found, right, strict=True)
    )


def _word_is(found: Any, right: Any, tolerance: float) -> bool:
    if isinstance(right, str):
        return str(found) == right
    if not isinstance(found, str):
        return same(found, right, tolerance)
    if right is None:
        return found.lower() in _NOTHING
    if isinstance(right, bool):
        return found.lower() in _YES_NO[right]
    if isinstance(right, int) and INTEGER.fullmatch(found):
        return int(found) == right
    if not isinstance(right, (int, float)) or not NUMBER.fullmatch(found):
        return False
    # A number may be rounded to the digits that are written, if there are some.
    digits = len(found.partition(".")[2])
    rounding = 0.501 * 10.0**-digits if digits >= 2 and "e" not in found.lower() else 0.0
    tolerance = max(tolerance, 1e-6, rounding)
    try:
        return math.isclose(float(found), right, rel_tol=1e-6, abs_tol=tolerance)
    except OverflowError:
        return False
